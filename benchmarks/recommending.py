"""Whether the recommender learns what suits a mood: people whose taste depends on it, simulated.

Each round somebody in some mood comes, of whom only the probabilities of the emotions are seen, wrong as often as those
of a photograph; the first item is shown, and taken or not. The best possible policy knows what everybody takes in every
mood and sees the same probabilities; the most popular item is what a service without moods would show.
"""

import argparse
import sys

import numpy as np

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.emotions import class_names
from emotion_recognition.serving.recommending.catalogue import Item
from emotion_recognition.serving.recommending.memory import Memory
from emotion_recognition.serving.recommending.recommender import Recommender

ROUNDS, LAST, ITEMS = 2000, 500, 12

#: Of ten faces as many show their mood; shares of the moods as in FER2013's training split.
CLARITY = 0.7
SHARES = np.array([3995, 436, 4097, 7215, 4830, 3171, 4965]) / 28709


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="number of simulations (default: 10)")
    parser.add_argument(
        "--first_seed", type=int, default=100, help="seed of the first; the others follow (default: 100)"
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments.first_seed, arguments.seeds))


def simulate(seed: int, rounds: int = ROUNDS, last: int = LAST) -> tuple[float, float, float]:
    """One simulation.

    Returns:
        Mean reward in the last rounds of the recommender, of the best possible policy that knows moods, and of the most
        popular item: expected rewards, without the luck of single draws.
    """
    rng = np.random.default_rng(seed)
    names = class_names(7)
    # Most items suit one or two moods, some nobody: the chance to be taken, (items, moods).
    taste = rng.beta(0.4, 1.6, (ITEMS, len(names)))
    # Tags are what the makers of a catalogue believe, of which a third is wrong.
    believed = np.where(rng.random(taste.shape) < 1 / 3, rng.beta(0.4, 1.6, taste.shape), taste)
    items = [
        Item(str(i), f"item {i}", tuple(name for name, share in zip(names, row, strict=True) if share > 0.5))
        for i, row in enumerate(believed)
    ]
    recommender = Recommender(items, names, Memory(":memory:"), seed)
    popular = int((taste @ SHARES).argmax())
    got, best, most = [], [], []
    for number in range(rounds):
        mood = rng.choice(len(names), p=SHARES)
        seen = rng.dirichlet(np.where(np.arange(len(names)) == mood, 6.0, 0.4))
        if rng.random() > CLARITY:
            rng.shuffle(seen)
        ranking = recommender.rank(dict(zip(names, map(float, seen), strict=True)), most=1)
        shown = int(ranking.items[0][0].id)
        recommender.feedback(ranking.name, str(shown), float(rng.random() < taste[shown, mood]))
        if number >= rounds - last:
            got.append(taste[shown, mood])
            best.append(taste[int((taste @ _posterior(seen)).argmax()), mood])
            most.append(taste[popular, mood])
    recommender.close()
    return float(np.mean(got)), float(np.mean(best)), float(np.mean(most))


def _posterior(seen: np.ndarray) -> np.ndarray:
    """The chance of each mood, given what is seen: Bayes' rule over the way in which it is made."""
    # log of the Dirichlet density for each mood, up to a constant; a shuffled one says nothing about the mood.
    clear = np.log(np.maximum(seen, 1e-300)) * (6.0 - 0.4)
    clear = np.exp(clear - clear.max())
    clear /= clear.mean()
    chance = SHARES * (CLARITY * clear + (1 - CLARITY))
    return np.asarray(chance / chance.sum())


def _measure(first: int, seeds: int) -> None:
    if seeds < 1:
        raise ValueError(f"--seeds must be at least 1. Received: {seeds}")
    print(f"{ROUNDS:,} rounds, reward in the last {LAST}; {ITEMS} items, 7 moods\n")
    print("seed  recommender    best  most popular  share of the best")
    shares = []
    for seed in range(first, first + seeds):
        got, best, most = simulate(seed)
        shares.append(got / best)
        print(f"{seed:4}  {got:11.3f}  {best:6.3f}  {most:12.3f}  {got / best:17.1%}", flush=True)
    print(f"\nmean share of the best: {np.mean(shares):.1%}, least {np.min(shares):.1%}")


if __name__ == "__main__":
    sys.exit(main())
