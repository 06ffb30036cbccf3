# Finds the headers of Node-API (node-api-headers) and of its C++ wrapper (node-addon-api) as Node resolves
# them from this folder, wherever npm put the packages. Nothing is downloaded.

if(NOT HORNET_NODE)
  find_program(HORNET_NODE NAMES node nodejs REQUIRED)
endif()

function(hornet_evaluate_in_node expression result)
  execute_process(
    COMMAND "${HORNET_NODE}" --input-type=commonjs -p "${expression}"
    WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
    OUTPUT_VARIABLE output ERROR_VARIABLE error RESULT_VARIABLE status
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "Node cannot evaluate ${expression}:\n${error}")
  endif()
  set(${result} "${output}" PARENT_SCOPE)
endfunction()

hornet_evaluate_in_node("require('node-api-headers').include_dir" HORNET_NODE_API_INCLUDE_DIR)
hornet_evaluate_in_node("path.dirname(require.resolve('node-addon-api/package.json'))"
  HORNET_NODE_ADDON_API_INCLUDE_DIR)

add_library(hornet_node_api INTERFACE)
target_include_directories(hornet_node_api SYSTEM INTERFACE
  "${HORNET_NODE_API_INCLUDE_DIR}" "${HORNET_NODE_ADDON_API_INCLUDE_DIR}")
# Node-API 8 (Node 12.22), as package.json says; nothing of ours throws through a JavaScript frame. Swallowing
# matters when a worker thread is terminated with a promise open: settling it fails then, and without the
# definition the wrapper ends the whole process over that.
target_compile_definitions(hornet_node_api INTERFACE
  NAPI_VERSION=8
  NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS
  NODE_ADDON_API_DISABLE_DEPRECATED
  NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS)
if(APPLE)
  # The symbols of Node-API are in the process that loads the addon.
  target_link_options(hornet_node_api INTERFACE -undefined dynamic_lookup)
endif()
