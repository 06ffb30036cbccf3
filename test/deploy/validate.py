"""Holds files against published schemas; prints JSON: for each argument a list of problems. Usage: validate.py KIND=FILE...

kubernetes: Kubernetes' own schemas, strictly, from kubernetes-validate.
kserve: the types of KServe's client, made from KServe's OpenAPI document; what those leave to Kubernetes, by the above.
compose: the compose specification, by compose-spec.
"""

import importlib
import importlib.util
import json
import re
import sys
import types
from pathlib import Path

import yaml

problems = []


def check_kubernetes(document, where):
    import kubernetes_validate

    try:
        # Against the oldest and the newest that are of interest: fields come and go.
        for version in ("1.30", "1.37"):
            kubernetes_validate.validate(document, version, strict=True)
    except Exception as error:
        problems.append(f"{where}: {str(error).splitlines()[0]}")


def kserve_type(name):
    """A class of kserve.models, without loading the package as a whole, which wants a web server."""
    if "kserve" not in sys.modules:
        spec = importlib.util.find_spec("kserve")
        for package in ("kserve", "kserve.models"):
            module = types.ModuleType(package)
            module.__path__ = [str(Path(spec.submodule_search_locations[0], *package.split(".")[1:]))]
            sys.modules[package] = module
    module = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return getattr(importlib.import_module(f"kserve.models.{module}"), name)


# The client has a name for quantities, and no type.
scalars = {"str": str, "int": int, "bool": bool, "float": (int, float), "V1beta1MetricQuantity": (str, int)}


def check_kserve(value, type_name, where):
    listed = re.fullmatch(r"list\[(.+)\]", type_name)
    if listed:
        for index, item in enumerate(value):
            check_kserve(item, listed[1], f"{where}[{index}]")
        return
    if type_name in scalars:
        if not isinstance(value, scalars[type_name]):
            problems.append(f"{where}: {value!r} is not {type_name}")
        return
    # Other types are Kubernetes' own.
    if not type_name.startswith(("V1alpha1", "V1beta1")):
        return
    found = kserve_type(type_name)
    fields = {key: found.openapi_types[name] for name, key in found.attribute_map.items()}
    for key, item in value.items():
        if key in fields:
            check_kserve(item, fields[key], f"{where}.{key}")
        else:
            problems.append(f"{where}: there is no {key}")


def check_kserve_document(document, where):
    version = "V1alpha1" if document["apiVersion"].endswith("v1alpha1") else "V1beta1"
    check_kserve(document, version + document["kind"], where)
    # What a runtime and a predictor have of a pod is a pod, but that the predictor's container is named elsewhere.
    spec = document["spec"]
    pod = dict(spec.get("predictor", spec))
    for key in ("supportedModelFormats", "protocolVersions", "multiModel", "annotations"):
        pod.pop(key, None)
    for key in ("minReplicas", "maxReplicas", "autoScaling", "model"):
        pod.pop(key, None)
    pod.setdefault("containers", [{"name": "kserve-container", "image": "hornet"}])
    check_kubernetes({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "hornet"}, "spec": pod}, where)


def check_compose(document, where):
    from compose_spec import PyCompose

    try:
        # Anchors and merges are YAML's business: compose resolves them before it looks.
        PyCompose.from_yaml(yaml.safe_dump(document))
    except Exception as error:
        problems.append(f"{where}: {error}")


found = []
for argument in sys.argv[1:]:
    kind, file = argument.split("=", 1)
    problems = []
    for document in yaml.safe_load_all(Path(file).read_text()):
        if kind == "compose":
            check_compose(document, file)
        elif document["apiVersion"].startswith("serving.kserve.io/"):
            check_kserve_document(document, file)
        elif not document["apiVersion"].startswith("kustomize."):
            check_kubernetes(document, file)
    found.append(problems)
print(json.dumps(found))
