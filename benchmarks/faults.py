"""A campaign against damaged input and kills: nothing may crash, run for ever, eat the memory or give a wrong label.

Whole files of every kind that is read are damaged in random places, and read within 10 CPU seconds and 1 GiB each. Then
every script is killed at each of the states that its files go through, looked at, and run again, which must give what
an undisturbed run gives. Counts go into ``docs/reliability.md`` by hand; inputs that went wrong are kept.
"""

import argparse
import json
import sys
from pathlib import Path

from emotion_recognition.command_line.exit_status import exit_status


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1000, help="damaged files in all; 0 for none (default: 1000)")
    parser.add_argument("--only", metavar="NAMES", help="readers, separated by semicolons (default: all)")
    parser.add_argument("--kills", metavar="SCRIPTS", default="", help="scripts to kill, or all (default: none)")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="kill at every N-th state alone (default: 1)")
    parser.add_argument("--seed", type=int, default=0, help="of the random damage; the same seed damages the same way")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts as JSON too")
    parser.add_argument("--kept", type=Path, default=Path("build/faults"), help="where inputs that went wrong are kept")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the campaign; returns the exit status, 1 where something went wrong."""
    arguments = build_parser().parse_args(argv)
    bad: list[bool] = []
    return exit_status(lambda: bad.append(_run(arguments))) or int(any(bad))


def _run(arguments: argparse.Namespace) -> bool:
    from benchmarks.fault_campaign.campaign import run_readers
    from benchmarks.fault_campaign.kills import kill_everywhere
    from benchmarks.fault_campaign.readers import READERS
    from benchmarks.fault_campaign.scenarios import SCENARIOS

    if arguments.every < 1:
        raise ValueError(f"--every must be at least 1. Received: {arguments.every}")
    names = [reader.name for reader in READERS] if arguments.only is None else arguments.only.split(";")
    scripts = [*SCENARIOS] if arguments.kills == "all" else [name for name in arguments.kills.split(",") if name]
    for known, given in (([reader.name for reader in READERS], names), ([*SCENARIOS], scripts)):
        unknown = [name for name in given if name not in known]
        if unknown:
            raise ValueError(f"There is no {unknown[0]}; there are {'; '.join(known)}.")
    counts: dict[str, object] = {"seed": arguments.seed}
    faults = 0
    if arguments.inputs:
        readers = [reader for reader in READERS if reader.name in names]
        tallies = run_readers(readers, arguments.inputs, arguments.seed, arguments.kept, _say)
        faults = sum(len(tally.faults) for tally in tallies.values())
        _say(f"in all {sum(tally.tried for tally in tallies.values()):,} damaged files, {faults:,} faults")
        counts["readers"] = {name: vars(tally) for name, tally in tallies.items()}
    kills = {}
    for name in scripts:
        kills[name] = kill_everywhere(name, _say, every=arguments.every)
        faults += len(kills[name].faults)
        for text in kills[name].faults:
            _say(f"  {text}")
    if kills:
        _say(f"in all {sum(tally.kills for tally in kills.values()):,} kills")
        counts["kills"] = {name: vars(tally) for name, tally in kills.items()}
    if arguments.json is not None:
        from emotion_recognition.atomic_file import write_json

        write_json(arguments.json, json.loads(json.dumps(counts)))
    if faults:
        _say(f"{faults:,} faults; see {arguments.kept}")
    return bool(faults)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
