"""Kills every script at each state that its files go through, and runs it again.

A script's files change state when one is opened for writing, renamed, deleted, or a folder is made; Python reports each
of these before it happens. So the states are enumerated instead of hoped for: in the n-th run, the process is killed
before the n-th of them. Where a file is about to be renamed it is also cut in half first, as a power cut leaves it.
After each kill, files under their own names must be whole; the run after it must end well, give what an undisturbed run
gives, and leave no temporary files.
"""

import contextlib
import functools
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.fault_campaign.scenarios import SCENARIOS, Scenario, results_of

#: Flags of ``open`` that say that a file is written.
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

#: An exit status that no script has.
_FAILED = 99


@dataclass
class KillTally:
    """What became of the kills of a script.

    Args:
        states: How many states the files of an undisturbed run go through.
        kills: How often a run was killed.
        faults: What went wrong, a sentence each.
    """

    states: int = 0
    kills: int = 0
    faults: list[str] = field(default_factory=list)


def kill_everywhere(name: str, say: Callable[[str], None] = lambda text: None, *, every: int = 1) -> KillTally:
    """Kills one script at every state.

    Args:
        name: One of :data:`~benchmarks.fault_campaign.scenarios.SCENARIOS`.
        say: Takes a line on what came out.
        every: Every n-th state alone, for a quick look.
    """
    scenario, tally = SCENARIOS[name], KillTally()
    for module in (scenario.script, *scenario.imports):
        importlib.import_module(module)  # once, for all runs
    with tempfile.TemporaryDirectory() as root:
        # All runs are in a folder of one name, which their results may state.
        before, folder = Path(root) / "before", Path(root) / "run"
        folder.mkdir()
        _in_child(lambda: scenario.prepare(folder), folder)
        folder.rename(before)
        with _fresh(before, folder):
            counter = Path(root) / "count"
            _expect(
                tally, _in_child(lambda: _counted(scenario, folder, counter), folder), "the undisturbed run", folder
            )
            wanted = results_of(folder)
            noted = (
                json.loads(counter.read_text(encoding="utf-8")) if counter.is_file() else {"events": [], "versions": []}
            )
            places, versions = noted["events"], frozenset(noted["versions"])
        tally.states = len(places)
        for number, event in list(enumerate(places))[::every]:
            for torn in (False, True) if event.startswith("os.rename") else (False,):
                with _fresh(before, folder):
                    _one_kill(scenario, folder, number, torn, event, (wanted, versions), tally)
    say(f"{name}: {tally.states:,} states, {tally.kills:,} kills, {len(tally.faults):,} faults")
    return tally


def _one_kill(
    scenario: Scenario,
    folder: Path,
    number: int,
    torn: bool,
    event: str,
    undisturbed: tuple[dict[str, Any], frozenset[str]],
    tally: KillTally,
) -> None:
    earlier, (wanted, versions) = results_of(folder), undisturbed
    status = _in_child(lambda: _killed(scenario, folder, number, torn), folder)
    tally.kills += 1
    where = f"{scenario.script}, killed before {event}" + (" half written" if torn else "")
    if status != -signal.SIGKILL:
        tally.faults.append(f"{where}: it ended with {status} before")
        return
    for path, content in results_of(folder).items():
        whole = {earlier.get(path), wanted.get(path)} | (versions if path in scenario.rewritten else set())
        if content not in whole and path not in scenario.grows:
            tally.faults.append(f"{where}: {path} is neither the earlier nor the new one")
    for arguments in scenario.again(folder):
        status = _in_child(functools.partial(_run, scenario, arguments), folder)
        if status == 0:
            break
    _expect(tally, status, f"{where}: the run after it", folder)
    after = results_of(folder)
    for path in sorted({*after, *wanted}):
        if after.get(path) != wanted.get(path):
            tally.faults.append(f"{where}: {path} is not what an undisturbed run gives")
    left = [path.name for path in folder.rglob(".*") if path.name not in (".said",)]
    if left:
        tally.faults.append(f"{where}: left behind: {', '.join(left[:3])}")


def _expect(tally: KillTally, status: int, what: str, folder: Path | None = None) -> None:
    if status:
        said = (folder / ".said").read_text(errors="replace")[-500:] if folder is not None else ""
        tally.faults.append(f"{what} ended with {status}: {said}")


def _run(scenario: Scenario, arguments: list[str]) -> int:
    status: int = importlib.import_module(scenario.script).main(arguments)
    return status


def _counted(scenario: Scenario, folder: Path, counter: Path) -> int:
    """Runs undisturbed, and writes down each state, and the versions of the files that are written several times."""
    events: list[str] = []
    versions: set[str] = set()

    def event_happens(event: str, path: Path) -> None:
        events.append(f"{event} {path.name}")
        if scenario.rewritten:
            found = results_of(folder)
            versions.update(found[name] for name in scenario.rewritten if name in found)

    _watch(folder, event_happens)
    status = _run(scenario, scenario.arguments(folder))
    counter.write_text(json.dumps({"events": events, "versions": sorted(versions)}), encoding="utf-8")
    return status


def _killed(scenario: Scenario, folder: Path, number: int, torn: bool) -> int:
    seen = 0

    def event_happens(event: str, path: Path) -> None:
        nonlocal seen
        if seen == number:
            if torn:
                os.truncate(path, path.stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1

    _watch(folder, event_happens)
    return _run(scenario, scenario.arguments(folder))


def _watch(folder: Path, tell: Callable[[str, Path], None]) -> None:
    """Has a function called before each change of state below a folder; for good, so this is for a process of its own.

    Args:
        folder: The folder.
        tell: Is given Python's name for the event, and the path that changes, that which is renamed for a renaming.
    """
    inside, busy = str(folder.resolve()) + os.sep, False

    def hook(event: str, given: tuple[Any, ...]) -> None:
        nonlocal busy
        changes = event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")
        if busy or not (changes or (event == "open" and isinstance(given[2], int) and given[2] & _WRITES)):
            return
        path = given[0]
        if isinstance(path, str | os.PathLike | bytes):
            place = str(Path(os.fsdecode(path)).absolute())
            changes_nothing = os.path.lexists(place) == (event == "os.mkdir") and event != "open"
            if place.startswith(inside) and not place.endswith(".said") and not changes_nothing:
                busy = True
                try:
                    tell(event, Path(place))
                finally:
                    busy = False

    sys.addaudithook(hook)


def _in_child(work: Callable[[], int | None], folder: Path) -> int:
    """Runs something in a process of its own; returns its exit status, below 0 for the signal that ended it."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        status = _FAILED
        try:
            said = os.open(folder / ".said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(said, 1)
            os.dup2(said, 2)
            status = work() or 0
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@contextlib.contextmanager
def _fresh(before: Path, folder: Path) -> Iterator[None]:
    shutil.copytree(before, folder)
    try:
        yield
    finally:
        shutil.rmtree(folder)
