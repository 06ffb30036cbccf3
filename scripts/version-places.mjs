/** @type {typeof import('./version-places.d.mts').versionPlaces} */
export const versionPlaces = [
  { path: 'Dockerfile', pattern: /^ARG VERSION=(.+)$/gm },
  { path: 'deploy/kubernetes/cpu/kustomization.yaml', pattern: /newTag: (.+)-cpu$/gm },
  { path: 'deploy/kubernetes/gpu/kustomization.yaml', pattern: /newTag: (.+)-gpu$/gm },
  { path: 'deploy/kserve/serving-runtime.yaml', pattern: /hornet:(.+)-gpu$/gm },
  { path: 'docs/deploy-kubernetes.md', pattern: /(?<=hornet:|`)(\d+\.\d+\.\d+\S*?)-[cg]pu\b/g },
];
