"""A bill of materials (CycloneDX 1.6, JSON) of what a lock file names: `python distribution/sbom.py LOCK VERSION > ain-scp.cdx.json`.

Each package has its version, its purl, the condition under which it is installed, and the SHA-256 of each of its files. The same
lock gives the same octets.
"""

import hashlib
import json
import re
import sys
import uuid
from pathlib import Path

PIN = re.compile(r"^([a-z0-9._-]+)==(\S+)(?: ; (.*?))?(?: \\)?$", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def pins(lock: str) -> list[tuple[str, str, str, list[str]]]:
    """Name, version, condition and file digests of each package of a lock, in its order."""
    found = list(PIN.finditer(lock))
    ends = [*(one.start() for one in found[1:]), len(lock)]
    return [
        (one[1], one[2], one[3] or "", HASH.findall(lock[one.end() : end]))
        for one, end in zip(found, ends, strict=True)
    ]


def bill(lock: str, version: str) -> dict:
    """The document."""
    parts = [_part(*one) for one in pins(lock)]
    main = f"pkg:pypi/ain-scp@{version}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.UUID(hashlib.sha256((version + lock).encode()).hexdigest()[:32])}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": main,
                "name": "ain-scp",
                "version": version,
                "purl": main,
                "licenses": [{"license": {"id": "MIT"}}],
            }
        },
        "components": parts,
        "dependencies": [{"ref": main, "dependsOn": [one["bom-ref"] for one in parts]}],
    }


def _part(name: str, version: str, condition: str, hashes: list[str]) -> dict:
    purl = f"pkg:pypi/{name}@{version}"
    files = [
        {
            "type": "distribution",
            "url": f"https://pypi.org/project/{name}/{version}/",
            "hashes": [{"alg": "SHA-256", "content": one}],
        }
        for one in hashes
    ]
    part = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "externalReferences": files,
    }
    return part | ({"properties": [{"name": "condition", "value": condition}]} if condition else {})


def text(lock: str, version: str) -> str:
    """The document as a file has it."""
    return json.dumps(bill(lock, version), indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text(Path(sys.argv[1]).read_text(), sys.argv[2]))
