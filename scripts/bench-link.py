"""Sen beside Splink on the same files, on the same machine, one after the other.

Sen drafts its own spec and chooses its own threshold (`sen link eval`). Splink
has the settings below, in the manner of its published examples, and is judged
at the threshold that is best for it, found with the truth: that is kind to it.
Both are judged on all pairs of records of one thing. Seconds and memory are of
a process that starts, reads, trains, links and ends.

    python scripts/bench-link.py [--data ../shared/data/linkage] [--sen bin/sen]
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

FEBRL = r"rec-(\d+)-"
SETS = [  # name, files, the column with the truth, the part of it that says it
    ("febrl 1", ["dataset1.csv"], "rec_id", FEBRL),
    ("febrl 2", ["dataset2.csv"], "rec_id", FEBRL),
    ("febrl 4", ["dataset4a.csv", "dataset4b.csv"], "rec_id", FEBRL),
    ("fake_1000", ["fake_1000.csv"], "cluster", None),
]


def settings(name):
    """Splink's settings for a set: comparisons, blocks, and what it trains by."""
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    if name == "fake_1000":
        comparisons = [
            cl.NameComparison("first_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("dob", input_is_string=True, datetime_format="%Y-%m-%d"),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ]
        rules = [
            block_on("first_name"), block_on("surname"), block_on("dob"), block_on("email"),
            block_on("city", "substr(first_name, 1, 2)"), block_on("city", "substr(surname, 1, 2)"), block_on("substr(email, 1, 4)"),
        ]
        sure = [
            block_on("first_name", "dob"),
            "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2",
            block_on("email"),
        ]
        return SettingsCreator(link_type="dedupe_only", comparisons=comparisons,
                               blocking_rules_to_generate_predictions=rules), sure, 0.7, ["first_name", "dob"], ["first_name", "surname"]
    comparisons = [
        cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
        cl.NameComparison("surname").configure(term_frequency_adjustments=True),
        cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d", invalid_dates_as_null=False),
        cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
        cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("address_1", [0.9, 0.7]).configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("suburb", [0.9, 0.7]).configure(term_frequency_adjustments=True),
    ]
    rules = [
        block_on("soc_sec_id"), block_on("given_name", "surname"), block_on("date_of_birth"),
        block_on("given_name", "postcode"), block_on("surname", "postcode"), block_on("postcode", "street_number"),
        block_on("substr(soc_sec_id, 1, 4)"), block_on("substr(soc_sec_id, 4, 4)"),
        block_on("address_1"), block_on("suburb", "street_number"), block_on("given_name", "suburb"), block_on("surname", "suburb"),
    ]
    sure = [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")]
    kind = "link_only" if name == "febrl 4" else "dedupe_only"
    return SettingsCreator(link_type=kind, comparisons=comparisons,
                           blocking_rules_to_generate_predictions=rules), sure, 0.9, ["soc_sec_id"], ["date_of_birth"]


def read(data, files, truth, pattern):
    """The files as data frames of text, with a number for every record and its label."""
    import pandas as pd

    frames, labels, first = [], {}, 0
    for file in files:
        frame = pd.read_csv(data / file, dtype=str, skipinitialspace=True)
        frame.columns = [c.strip() for c in frame.columns]
        frame["unique_id"] = range(first, first + len(frame))
        for number, value in zip(frame["unique_id"], frame[truth]):
            labels[number] = re.search(pattern, value).group(1) if pattern else value
        first += len(frame)
        frames.append(frame.drop(columns=[truth]))
    return frames, labels


def best(pairs, labels):
    """Precision, recall, F1 and threshold where F1 is greatest."""
    all_true = sum(n * (n - 1) // 2 for n in Counter(labels.values()).values())
    right, out = 0, (0.0, 0.0, 0.0, 1.0)
    pairs.sort(key=lambda p: -p[0])
    for k, (probability, a, b) in enumerate(pairs, 1):
        right += labels[a] == labels[b]
        if k < len(pairs) and pairs[k][0] == probability:
            continue
        precision, recall = right / k, right / all_true
        f1 = 2 * precision * recall / (precision + recall) if right else 0.0
        if f1 > out[2]:
            out = (precision, recall, f1, probability)
    return out


def splink(data, name, files, truth, pattern):
    """One run of Splink, in this process; prints a line of JSON."""
    begun = time.monotonic()
    import logging

    from splink import DuckDBAPI, Linker, block_on

    logging.disable(logging.WARNING)
    frames, labels = read(data, files, truth, pattern)
    chosen, sure, recall, one, other = settings(name)
    api = DuckDBAPI()
    tables = [api.register(f, dataset_display_name=f"records_{i}") for i, f in enumerate(frames)]
    linker = Linker(tables if len(tables) > 1 else tables[0], chosen, log_level=logging.ERROR)
    linker.training.estimate_probability_two_random_records_match(sure, recall=recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for rule in (one, other):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    found = linker.inference.predict(threshold_match_probability=0.001).as_pandas_dataframe()
    pairs = list(zip(found["match_probability"], found["unique_id_l"].astype(int), found["unique_id_r"].astype(int)))
    seconds = time.monotonic() - begun
    precision, recall, f1, threshold = best(pairs, labels)
    print(json.dumps({"precision": precision, "recall": recall, "f1": f1, "threshold": threshold, "seconds": seconds}))


def timed(command):
    """The last line of JSON that a command prints, its seconds and its greatest memory."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)} failed")
    answer = json.loads(text[text.index("{"):])
    return answer | {"wall": time.monotonic() - begun, "mb": usage.ru_maxrss / 1024}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path("../shared/data/linkage"))
    parser.add_argument("--sen", default="bin/sen")
    parser.add_argument("--splink", help="one set, by Splink alone")
    options = parser.parse_args()
    if options.splink:
        name, files, truth, pattern = next(s for s in SETS if s[0] == options.splink)
        splink(options.data, name, files, truth, pattern)
        return
    print(f"{'set':<10} {'':<8} {'precision':>9} {'recall':>8} {'F1':>8} {'threshold':>9} {'seconds':>8} {'MB':>6}")
    short = 0
    for name, files, truth, pattern in SETS:
        where = [str(options.data / f) for f in files]
        label = truth + (f"={pattern}" if pattern else "")
        ours = timed([options.sen, "link", "eval", "--json", "--truth", label, *where])
        theirs = timed([sys.executable, __file__, "--data", str(options.data), "--splink", name])
        for who, a in (("sen", ours), ("splink", theirs)):
            print(f"{name:<10} {who:<8} {a['precision']:>9.4f} {a['recall']:>8.4f} {a['f1']:>8.4f} {a['threshold']:>9.4f} {a['wall']:>8.1f} {a['mb']:>6.0f}", flush=True)
        short += ours["f1"] < theirs["f1"] - 0.002
    if short:
        sys.exit(f"{short} sets are more than 0.002 below Splink's F1")


if __name__ == "__main__":
    main()
