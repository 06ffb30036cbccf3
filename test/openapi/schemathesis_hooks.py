"""Pictures for schemathesis, which cannot make any by itself: bodies of these media types are files that the server
can classify, or bytes that are no picture at all.

HORNET_TEST_PICTURES names their folder; HORNET_TEST_TOKEN is a token for everything, where the server has some.
"""

import os
from pathlib import Path
from urllib.parse import quote

import requests
import schemathesis
from hypothesis import strategies as st

PICTURES = Path(os.environ["HORNET_TEST_PICTURES"])

TOKEN = os.environ.get("HORNET_TEST_TOKEN", "")
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}

NAMES = {
    "image/jpeg": ["digit-7.jpg"],
    "image/png": ["digit-1.png", "digit-9.png"],
    "image/webp": ["digit-2.webp"],
    "image/gif": ["digit-4.gif"],
    "image/tiff": ["digit-6.tif"],
    "application/octet-stream": ["digit-3.png", "digit-7.jpg"],
}

for media_type, names in NAMES.items():
    files = [(PICTURES / name).read_bytes() for name in names]
    schemathesis.openapi.media_type(media_type, st.one_of(st.sampled_from(files), st.binary(max_size=64)))


@schemathesis.hook
def after_call(context, case, response):
    """Whatever was unloaded is loaded again, so that the other operations have something to ask."""
    if case.operation.method == "post" and case.path.endswith("/unload") and response.status_code == 200:
        name = case.path_parameters["name"]
        loaded = requests.post(f"{case.operation.base_url.rstrip('/')}/models/{quote(name, safe='')}/load?wait=20000", headers=AUTHORIZED, timeout=30)
        assert loaded.status_code == 200, loaded.text


@schemathesis.check
def no_defect(context, response, case):
    """A failure that is not foreseen has the code ERR_INTERNAL, whatever the status may be."""
    if '"code":"ERR_INTERNAL"' in response.text:
        raise AssertionError(f"{case.method} {case.path} answered ERR_INTERNAL: {response.text}")
