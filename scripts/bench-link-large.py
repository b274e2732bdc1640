"""Sen against Splink on millions of made-up people, by the same candidate pairs.

Both read one Parquet file (`sen bench people`), learn without labels and link,
from the start of the process, in turns on the same machine. The blocks are those of
bench-link-large.yaml, which BLOCKS below says in SQL; the pairs that both come
to are counted and must be the same number.

Both end with clusters: which records are one. Splink has settings in the manner
of its examples, on a column cleaned for it (names without marks and capitals, as
Sen sees them), and is judged kindly: its threshold is the one that is best for
it, found with the truth outside its clock, and of its pairs and its clusters
those count that are better. Sen's clusters are judged at its own threshold; its
clock runs until its process ends, but for holding the clusters against the truth.
CPU seconds are of the whole process in Sen's case, and of Splink's without judging.

    python scripts/bench-link-large.py [--records 1000000] [--rounds 1] [--limit 3600]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

FOLD = "nullif(regexp_replace(replace(strip_accents(lower(name)), 'đ', 'd'), '[^a-z0-9]', '', 'g'), '')"
DAY = "least(substr(born_on, 6, 2), substr(born_on, 9, 2)) || greatest(substr(born_on, 6, 2), substr(born_on, 9, 2))"
BLOCKS = [("phone",), ("name_key", "born_on"), ("born_on", "province"), ("name_key", "province", "substr(born_on, 1, 4)"), ("name_key", "sex", DAY)]
RECORDS = f"SELECT CAST(record AS BIGINT) AS unique_id, trim(lower(strip_accents(replace(replace(name, 'đ', 'd'), 'Đ', 'D')))) AS name, {FOLD} AS name_key, born_on, sex, province, phone FROM read_parquet(?)"


def connect(scratch, memory):
    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '{memory}'; SET temp_directory = '{scratch}'; SET preserve_insertion_order = false")
    return connection


def count(file, scratch, memory):
    """How many distinct pairs the blocks give, by SQL alone."""
    connection = connect(scratch, memory)
    connection.execute(f"CREATE TABLE records AS {RECORDS}", [str(file)])
    rules = []
    for block in BLOCKS:
        keys = ", ".join(f"{term} AS k{i}" for i, term in enumerate(block))
        on = " AND ".join(f"a.k{i} = b.k{i}" for i in range(len(block)))
        rules.append(f"SELECT a.unique_id AS a, b.unique_id AS b FROM (SELECT unique_id, {keys} FROM records) a JOIN (SELECT unique_id, {keys} FROM records) b ON {on} AND a.unique_id < b.unique_id")
    return connection.execute(f"SELECT count(*) FROM ({' UNION '.join(rules)})").fetchone()[0]


def splink(file, scratch, memory):
    """One run of Splink, in this process; prints a line of JSON."""
    import logging

    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.disable(logging.WARNING)
    connection = connect(scratch, memory)
    connection.execute(f"CREATE TABLE people AS {RECORDS}", [str(file)])
    api = DuckDBAPI(connection)
    chosen = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("name").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("born_on", input_is_string=True, datetime_format="%Y-%m-%d"),
            cl.ExactMatch("sex"),
            cl.ExactMatch("province").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("phone", [1, 2]).configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[block_on(*b) for b in BLOCKS],
        retain_matching_columns=False,
    )
    linker = Linker(api.register("people", dataset_display_name="people"), chosen, log_level=logging.ERROR)
    linker.training.estimate_probability_two_random_records_match([block_on("name_key", "born_on", "province"), block_on("name_key", "phone")], recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (["name", "born_on"], ["phone"]):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    found = linker.inference.predict(threshold_match_probability=0.001)
    seconds, usage = since_start(), resource.getrusage(resource.RUSAGE_SELF)
    answer, clustering, cpu = judge(connection, linker, found, file)
    print(json.dumps(answer | {"predictions": seconds, "seconds": seconds + clustering, "cpu": usage.ru_utime + usage.ru_stime + cpu, "mb": usage.ru_maxrss / 1024}))


def since_start():
    """Seconds since this process was started, by the kernel's clock."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def judge(connection, linker, found, file):
    """The better of Splink's pairs at the threshold best for them, and its clusters at that threshold; the seconds and CPU seconds of clustering."""
    connection.execute("CREATE TABLE truth AS SELECT CAST(record AS BIGINT) AS id, person FROM read_parquet(?)", [str(file)])
    true_pairs = connection.execute("SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM truth GROUP BY person)").fetchone()[0]
    steps = connection.execute(f"""SELECT match_probability, count(*), count(*) FILTER (l.person = r.person) FROM {found.physical_name} p
        JOIN truth l ON l.id = p.unique_id_l JOIN truth r ON r.id = p.unique_id_r GROUP BY 1 ORDER BY 1 DESC""").fetchall()
    pairs = right = 0
    best = measures(0, 1, true_pairs) | {"threshold": 1.0}
    for probability, n, true in steps:
        pairs, right = pairs + n, right + true
        now = measures(right, pairs, true_pairs)
        if now["f1"] > best["f1"]:
            best = now | {"threshold": probability}
    begun, usage = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(found, threshold_match_probability=best["threshold"])
    clustering, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime
    together = f"SELECT c.cluster_id AS c, t.person AS p FROM {clusters.physical_name} c JOIN truth t ON t.id = c.unique_id"
    pairs = connection.execute(f"SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM ({together}) GROUP BY c)").fetchone()[0]
    right = connection.execute(f"SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM ({together}) GROUP BY c, p)").fetchone()[0]
    clustered = measures(right, pairs, true_pairs) | {"threshold": best["threshold"]}
    return max(best, clustered, key=lambda m: m["f1"]), clustering, cpu


def measures(right, found, true):
    precision, recall = right / found, right / true
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / (precision + recall) if right else 0.0}


def run(command, limit):
    """The JSON that a command prints, with the seconds, CPU seconds and memory of its process; None where it did not end well."""
    begun = time.monotonic()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out)
        while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
            if time.monotonic() - begun > limit:
                process.kill()
                os.wait4(process.pid, 0)
                return None, f"not done within {limit} s"
            time.sleep(0.02)
        out.seek(0)
        text = out.read()
    if ended[1] != 0:
        return None, f"ended with status {ended[1]}"
    of_process = {"seconds": time.monotonic() - begun, "cpu": ended[2].ru_utime + ended[2].ru_stime, "mb": ended[2].ru_maxrss / 1024}
    answer = json.loads(text[text.index("{"):])
    of_process["seconds"] -= answer.get("judging_seconds", 0)
    return (of_process | answer if "cpu" in answer else answer | of_process), ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1, help="how often each takes its turn; the best of each counts")
    parser.add_argument("--limit", type=int, default=3600, help="seconds after which a run is stopped")
    parser.add_argument("--memory", default="14GB", help="what DuckDB may use under Splink")
    parser.add_argument("--sen", default="bin/sen")
    parser.add_argument("--dir", type=Path, help="where the people are made and kept (default: a temporary folder)")
    parser.add_argument("--splink", type=Path, help="this file, by Splink alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if options.splink:
            splink(options.splink, scratch, options.memory)
        else:
            race(options, options.dir or Path(scratch), scratch)


def race(options, folder, scratch):
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"people-{options.records}.parquet"
    if not file.exists():
        subprocess.run([options.sen, "bench", "people", "--records", str(options.records), "--out", str(file)], check=True)
    pairs = count(file, scratch, options.memory)
    spec = str(Path(__file__).with_suffix(".yaml"))
    runs = {
        "sen": [options.sen, "link", "eval", "--json", "--truth", "person", "--spec", spec, str(file)],
        "splink": [sys.executable, __file__, "--memory", options.memory, "--splink", str(file)],
    }
    best = {}
    print(f"{'records':>9} {'pairs':>10} {'':<7} {'precision':>9} {'recall':>7} {'F1':>7} {'seconds':>8} {'CPU s':>8} {'MB':>6}")
    for _ in range(options.rounds):
        for who, command in runs.items():
            got, why = run(command, options.limit)
            if got is None:
                print(f"{options.records:>9} {pairs:>10} {who:<7} {why}", flush=True)
                continue
            if who == "sen" and got["pairs"] != pairs:
                sys.exit(f"sen compared {got['pairs']} pairs, the blocks give {pairs}")
            print(f"{options.records:>9} {pairs:>10} {who:<7} {got['precision']:>9.4f} {got['recall']:>7.4f} {got['f1']:>7.4f} {got['seconds']:>8.1f} {got['cpu']:>8.1f} {got['mb']:>6.0f}", flush=True)
            if who not in best or got["seconds"] < best[who]["seconds"]:
                best[who] = got
    if len(best) < 2:
        sys.exit("one of the two did not finish")
    ours, theirs = best["sen"], best["splink"]
    print(f"ratio: {theirs['seconds'] / ours['seconds']:.1f} of the clock, {theirs['cpu'] / ours['cpu']:.1f} of CPU; F1 {ours['f1'] - theirs['f1']:+.4f}")


if __name__ == "__main__":
    main()
