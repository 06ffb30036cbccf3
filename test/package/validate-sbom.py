"""Holds a bill of materials against CycloneDX's own schema; prints a JSON list of problems. Usage: validate-sbom.py FILE"""

import json
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

text = Path(sys.argv[1]).read_text()
version = SchemaVersion.from_version(json.loads(text)["specVersion"])
found = JsonStrictValidator(version).validate_str(text, all_errors=True)
print(json.dumps([str(error.data.message) for error in found or []]))
