"""A container file, read, judged and played without an engine.

Nothing here needs an engine or a base image: `lint` judges the text, `play` does its steps in roots of a base that is given
(RUN by chroot, COPY by copying). What an engine does besides (layers, namespaces, volumes) is not played.
"""

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

KNOWN = {
    "FROM",
    "RUN",
    "COPY",
    "ENV",
    "USER",
    "WORKDIR",
    "VOLUME",
    "EXPOSE",
    "HEALTHCHECK",
    "ENTRYPOINT",
    "CMD",
}


class Step(NamedTuple):
    """One instruction and its text, lines joined."""

    word: str
    text: str


def read(text: str) -> list[Step]:
    """The instructions of a container file in order."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", "", lines)
    return [Step(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def lint(text: str) -> list[str]:
    """What is wrong with it; nothing when it is as it should be."""
    steps = read(text)
    wrong = [f"{step.word} is unknown" for step in steps if step.word not in KNOWN]
    froms = [at for at, step in enumerate(steps) if step.word == "FROM"]
    if len(froms) < 2:
        return [*wrong, "one stage: what builds stays in the image"]
    last = steps[froms[-1] :]
    words = {step.word: step.text for step in last}
    for step in steps:
        if step.word == "FROM" and (":" not in step.text or ":latest" in step.text):
            wrong.append(f"FROM {step.text}: no fixed version of the base")
        if step.word == "RUN" and "apt-get install" in step.text:
            if "apt-get update &&" not in step.text:
                wrong.append("apt-get install without an update in the same step")
            if "--no-install-recommends" not in step.text or "-y" not in step.text.split():
                wrong.append("apt-get install without -y --no-install-recommends")
            if step in last and "rm -rf /var/lib/apt/lists/*" not in step.text:
                wrong.append("the lists of apt stay in the image")
        if step.word == "RUN" and re.search(r"\b(sudo|curl|wget)\b", step.text):
            wrong.append(f"fetches what has no digest: {step.text}")
        if step.word == "RUN" and "pip install" in step.text and "--no-index" not in step.text:
            wrong += [] if "--require-hashes" in step.text else ["pip install from a registry without hashes"]
        if step.word == "COPY" and step.text.split()[0] in (".", "./"):
            wrong.append("copies the whole checkout")
    if words.get("USER", "0").split(":")[0] in ("0", "root") or not words["USER"].isdigit():
        wrong.append("the last stage runs as root, or its user has no number")
    wrong += [f"no {word}" for word in ("HEALTHCHECK", "ENTRYPOINT") if word not in words]
    wrong += [
        f"{word} is a line for a shell, which gets the signals in place of the program"
        for word in ("ENTRYPOINT", "CMD")
        if word in words and not words[word].startswith("[")
    ]
    return wrong


def play(
    text: str, fresh: Callable[[Path], None], context: Path, place: Path, variables: dict[str, str]
) -> tuple[Path, dict[str, str]]:
    """Do the steps below `place`; the root of the last stage, and the last text of each of its instructions.

    `fresh` fills an empty folder with the base, whatever FROM names; `variables` are set before the first ENV.
    """
    roots: dict[str, Path] = {}
    root, last, environment, user = place, {}, {}, "0"
    for step in read(text):
        last[step.word] = step.text
        if step.word == "FROM":
            name = step.text.partition(" AS ")[2] or "last"
            root = roots[name] = place / name
            root.mkdir()
            fresh(root)
            last, environment, user = {}, dict(variables), "0"
        elif step.word == "ENV":
            environment |= dict(word.split("=", 1) for word in shlex.split(step.text))
        elif step.word == "USER":
            user = step.text
        elif step.word == "COPY":
            *words, target = step.text.split()
            source = (
                roots[words.pop(0).removeprefix("--from=")] if words[0].startswith("--from=") else context
            )
            _copy(source, words, root, target)
        elif step.word == "RUN":
            inside(root, ["sh", "-ec", step.text], environment, user)
    return root, last


def inside(
    root: Path, words: list[str], environment: dict[str, str], user: str = "0", folder: str = "/"
) -> str:
    """Run a command in a root, without a network of its own; its output. RuntimeError with the last lines when it fails."""
    change = ["chroot", f"--userspec={user}:{user}", str(root), "/usr/bin/env", "-C", folder, *words]
    done = subprocess.run(
        change, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-15:])
        raise RuntimeError(f"{shlex.join(words)}: exit {done.returncode}\n{tail}")
    return done.stdout


def _copy(source: Path, words: list[str], root: Path, target: str) -> None:
    to = root / target.lstrip("/")
    for word in words:
        found = sorted(source.glob(word.lstrip("/")))
        if not found:
            raise RuntimeError(f"COPY {word}: no such file")
        for one in found:
            into = to / one.name if target.endswith("/") else to
            into.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", one, into], check=True)


def words_of(text: str) -> list[str]:
    """The words of the JSON form of CMD, ENTRYPOINT or HEALTHCHECK."""
    return json.loads(text[text.index("[") :])
