"""What the broker needs from this machine, and one line of advice when it is not there.

Rule 1: all that is missing is named at once, never one thing per attempt.
Rule 2: Maven is asked for only where the jars are still to be brought.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from broker.errors import Missing

OLDEST_JAVA = 17
"""Kafka 4 brokers run on Java 17 and newer (Kafka's upgrade notes, 4.0)."""

HOME = Path(__file__).resolve().parent.parent / "deploy" / "broker"
"""Where the pom, the jars, and the templates of the broker's configuration are, in a checkout."""

_ADVICE = "Debian, Ubuntu: apt-get install openjdk-17-jre-headless maven; macOS: brew install openjdk@17 maven"


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a node is started with."""

    java: Path
    home: Path

    @property
    def classpath(self) -> str:
        """Every jar in the home's `jars`, as Java wants it."""
        return str(self.home / "jars" / "*")


def major_version(said: str) -> int | None:
    """Returns Java's major version from what `java -version` said; None where it says none.

    "17.0.15" and "21" begin with it; "1.8.0_392" was the old way to say 8.
    """
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else None


def find(home: Path = HOME) -> Runtime:
    """Finds Java and the jars. Raises `Missing` with everything that is not there."""
    missing = []
    java = shutil.which("java")
    version = major_version(_ask_version(java)) if java else None
    if java is None:
        missing.append(f"Java {OLDEST_JAVA} or newer")
    elif version is None or version < OLDEST_JAVA:
        missing.append(f"Java {OLDEST_JAVA} or newer (found {version or 'one that does not say its version'})")
    has_jars = any((home / "jars").glob("kafka_*.jar"))
    if not has_jars and shutil.which("mvn") is None:
        missing.append("Maven")
    if missing or java is None:
        raise Missing(f"missing: {', '.join(missing)} ({_ADVICE}), then run `make setup`")
    if not has_jars:
        raise Missing(f"missing: Kafka's jars in {home / 'jars'}: run `make setup`")
    return Runtime(java=Path(java), home=home)


def _ask_version(java: str) -> str:
    # Java says its version on standard error.
    asked = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    return asked.stderr + asked.stdout
