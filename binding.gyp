{
  # For tools that expect node-gyp. The build is CMakeLists.txt; this target only starts it.
  'targets': [{
    'target_name': 'hornet',
    'type': 'none',
    'actions': [{
      'action_name': 'cmake',
      'inputs': ['CMakeLists.txt', 'package.json'],
      'outputs': ['<(PRODUCT_DIR)/hornet.node'],
      'action': ['node', 'scripts/install.mjs', '--force'],
    }],
  }],
}
