"""Asks everybody the same questions in turn, each time in a new process, and writes a table of ratios.

`hyperslab-bench compare` starts this script and writes what is to be done, as JSON, to its standard input. It needs nothing
but Python, and stays small: the peak memory of a process is never less than that of the one that started it.
"""

import json
import math
import os
import re
import signal
import stat
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import table

PEERS = ["xarray-dask", "xarray", "xarray-sql", "duckdb"]
SCRIPT = Path(__file__).with_name("peers.py")
# Of the memory that is free, what one process may take before it is ended.
SHARE = 0.85
# xarray sums float32 in float32: slower arithmetic would not be what a scientist runs.
TOLERANCE = {"xarray-dask": 1e-3, "xarray": 1e-3}


class Failed(Exception):
    """A contender that has no answer, and why."""


def free_memory():
    """Bytes that a new process may take without harm."""
    with open("/proc/meminfo") as file:
        line = next(line for line in file if line.startswith("MemAvailable:"))
    return int(line.split()[1]) * 1024


def resident(pid):
    """Bytes that a process holds, 0 once it has ended."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def watch(pid, ended, timeout, limit, verdict):
    """Ends a process that takes too long or too much memory, before the machine does worse."""
    deadline = time.monotonic() + timeout
    while not ended.wait(0.05):
        if resident(pid) > limit:
            verdict.append("out of memory")
        elif time.monotonic() > deadline:
            verdict.append(f"more than {timeout} s")
        if verdict:
            os.killpg(pid, signal.SIGKILL)
            return


def run(command, timeout, output=subprocess.DEVNULL):
    """Runs a process to its end: wall seconds from its start, and bytes of peak memory."""
    with tempfile.TemporaryFile() as errors:
        limit = SHARE * free_memory()
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, start_new_session=True
        )
        ended, verdict = threading.Event(), []
        watcher = threading.Thread(target=watch, args=(process.pid, ended, timeout, limit, verdict))
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        ended.set()
        watcher.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        if verdict:
            raise Failed(verdict[0])
        if status:
            errors.seek(0)
            lines = errors.read().decode(errors="replace").strip().splitlines()
            reason = lines[-1] if lines else f"exit code {process.returncode}"
            raise Failed("out of memory" if "MemoryError" in reason or process.returncode == -9 else reason)
    return seconds, usage.ru_maxrss * 1024


class Comparison:
    """The questions, the contenders, and how each is started."""

    def __init__(self, job):
        self.job = job
        self.directory = Path(job["directory"])
        self.datasets = sorted({query["dataset"] for query in job["queries"]})
        self.peers = job["peers"] or PEERS
        unknown = [peer for peer in self.peers if peer not in PEERS]
        if unknown:
            raise Failed(f"no peer `{unknown[0]}`, expected one of {', '.join(PEERS)}")
        for name in self.datasets:
            if not (self.store(name) / "zarr.json").exists():
                raise Failed(f"`{self.store(name)}` is no dataset; hint: write it with `hyperslab-bench generate {name}`")
        if not stat.S_ISCHR(os.stat(os.devnull).st_mode):
            raise Failed(f"`{os.devnull}` is a plain file here, expected the device: answers would be kept in memory")
        if not os.access(job["binary"], os.X_OK):
            raise Failed(f"`{job['binary']}` is no program; hint: build it, or say where it is with --binary")
        self.contenders = ["limit", "hyperslab", *self.peers]

    def store(self, dataset):
        return self.directory / f"{dataset}.zarr"

    def metadata(self, dataset, array):
        return json.loads((self.store(dataset) / array / "zarr.json").read_text())

    def python(self, *arguments):
        return [self.job["python"], str(SCRIPT), *map(str, arguments)]

    def plain(self, query):
        """The SQL of a peer, for the labels of this dataset."""
        size = {name: self.metadata(query["dataset"], name)["shape"][0] for name in ("lat", "lon")}
        steps = {"{lat_step}": 180 / max(size["lat"] - 1, 1), "{lon_step}": 360 / size["lon"]}
        text = query["plain"]
        for name, step in steps.items():
            text = text.replace(name, f"{step:g}")
        return text

    def hyperslab(self, query, *arguments, before=""):
        """The command that asks Hyperslab, with a word before the question."""
        dataset, folder = query["dataset"], str(self.directory.resolve()).replace("'", "''")
        sql = before + query["hyperslab"].replace("{directory}", folder)
        return [self.job["binary"], f"{dataset}={self.store(dataset)}", "-q", "-c", sql, *map(str, arguments)]

    def command(self, contender, query, answer=None):
        """How a contender is asked; with `answer`, where its rows go."""
        if contender == "limit":
            return [self.job["bench"], "limit", "--query", query["id"], str(self.store(query["dataset"]))]
        if contender == "hyperslab":
            to_file = ["-o", answer] if answer else []
            return self.hyperslab(query, "--format", "arrow", *to_file)
        command = self.python("run", contender, query["id"], self.directory, "--sql", self.plain(query))
        return [*command, "--answer", str(answer)] if answer else command

    def started(self, command, output=subprocess.DEVNULL):
        return run(command, self.job["timeout"], output)

    def warm(self, contender, dataset):
        """Reads the files that a contender will read, so that nobody waits for a disk that served another."""
        tables = [self.directory / f"{name}.parquet" for name in ("points", "regions")]
        rows = [self.directory / f"{dataset}.parquet"]
        files = [*tables, *(rows if contender == "duckdb" else self.store(dataset).rglob("*"))]
        buffer = bytearray(1 << 20)
        for path in files:
            if path.is_file():
                with open(path, "rb", buffering=0) as file:
                    while file.readinto(buffer):
                        pass

    def told(self, command):
        """What a process writes to its standard output."""
        with tempfile.TemporaryFile() as output:
            self.started(command, output)
            output.seek(0)
            return output.read().decode()

    def checked(self, query, folder):
        """Who answers a question as xarray does in float64, and what is wrong with the others."""
        truth = folder / "reference.arrow"
        tell(f"{query['id']}: reference")
        # Not a contender: it may take its time.
        run(self.python("reference", query["id"], self.directory, "--answer", truth), 10 * self.job["timeout"])
        faults, differences = {}, {}
        for contender in self.contenders:
            tell(f"{query['id']}: {contender} is checked")
            answer = folder / f"{contender}.arrow"
            try:
                self.started(self.command(contender, query, answer))
                if contender == "limit":
                    continue
                options = ["--keys", ",".join(query["keys"]), "--tolerance", TOLERANCE.get(contender, 1e-6)]
                options += ["--top", query["top"]] if query["top"] else []
                options += ["--around-zero"] if query["around_zero"] else []
                found = json.loads(self.told(self.python("check", truth, answer, *options)))
                if found["fault"]:
                    raise Failed("wrong: " + found["fault"])
                differences[contender] = found["worst"]
            except Failed as failed:
                faults[contender] = str(failed)
                tell(f"{query['id']}: {contender}: n/a: {failed}")
            answer.unlink(missing_ok=True)
        truth.unlink()
        return faults, differences

    def counted(self, query):
        """What Hyperslab read, by its own account."""
        plan = self.told(self.hyperslab(query, "--format", "ndjson", before="EXPLAIN ANALYZE "))
        names = ["chunks_read", "chunks_kept", "chunks_total", "bytes_stored", "bytes_decoded"]
        return {name: total(plan, name) for name in names}

    def question(self, query):
        with tempfile.TemporaryDirectory(dir=self.directory) as folder:
            faults, differences = self.checked(query, Path(folder))
        runs = {contender: [] for contender in self.contenders if contender not in faults}
        for turn in range(self.job["runs"]):
            tell(f"{query['id']}: run {turn + 1} of {self.job['runs']}")
            # Everybody in turn, each time another one first.
            order = list(runs)
            order = order[turn % len(order) :] + order[: turn % len(order)] if order else []
            for contender in order:
                patience, own = self.job["patience"], runs[contender]
                if patience and own and sum(s for s, _ in own) * (1 + 1 / len(own)) > patience:
                    continue
                self.warm(contender, query["dataset"])
                try:
                    runs[contender].append(self.started(self.command(contender, query)))
                except Failed as failed:
                    faults[contender] = str(failed)
                    del runs[contender]
        return {
            "id": query["id"],
            "question": query["question"],
            "seconds": {c: statistics.median(s for s, _ in r) for c, r in runs.items()},
            "peak": {c: max(p for _, p in r) for c, r in runs.items()},
            "runs": runs,
            "fewest": min(map(len, runs.values()), default=0),
            "faults": faults,
            "differences": differences,
            "counts": self.counted(query) if "hyperslab" in runs else {},
        }

    def described(self, dataset):
        """What the data of a dataset looks like."""
        array = self.metadata(dataset, {"ersst": "sst"}.get(dataset, "t2m"))
        codecs = [c["name"] + (" " + c["configuration"]["cname"] if c["name"] == "blosc" else "") for c in array["codecs"]]
        return {
            "name": dataset,
            "shape": array["shape"],
            "chunks": array["chunk_grid"]["configuration"]["chunk_shape"],
            "codecs": [name for name in codecs if name != "bytes"],
        }

    def circumstances(self):
        """Where and of what the measurement was made."""
        versions = json.loads(self.told(self.python("versions")))
        with open("/proc/cpuinfo") as file:
            models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
        with open("/proc/meminfo") as file:
            memory = int(next(file).split()[1]) / 2**20
        return {
            "date": time.strftime("%Y-%m-%d"),
            "cores": len(os.sched_getaffinity(0)),
            "processor": models[0] if models else "unknown",
            "memory": f"{memory:.0f} GB",
            "datasets": [self.described(name) for name in self.datasets],
            "versions": {"hyperslab": self.told([self.job["binary"], "--version"]).split()[-1], **versions},
            "runs": self.job["runs"],
            "command": self.job["command"],
        }

    def run(self):
        for name in self.datasets if "duckdb" in self.peers else []:
            if not (self.directory / f"{name}.parquet").exists():
                tell(f"{name}.parquet is written")
                run(self.python("parquet", name, self.directory), 20 * self.job["timeout"])
        record = {"circumstances": self.circumstances(), "contenders": self.contenders, "questions": []}
        for query in self.job["queries"]:
            record["questions"].append(self.question(query))
            # After each, so that a run that is cut short leaves what it has.
            if self.job["record"]:
                Path(self.job["record"]).write_text(json.dumps(record, indent=1))
            if self.job["markdown"]:
                Path(self.job["markdown"]).write_text(table.markdown(record))
        if not self.job["markdown"]:
            print(table.markdown(record), end="")


def total(plan, name):
    """The sum of a counter over the operators of a plan; large ones are rounded there."""
    units = {"": 1, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12, "KB": 2**10, "MB": 2**20, "GB": 2**30}
    found = re.findall(rf"\b{name}=([\d.]+)(?: ([KMBTG]B?))?\b", plan)
    return math.fsum(float(number) * units.get(unit, 1) for number, unit in found)


def tell(text):
    print(text, file=sys.stderr, flush=True)


def main():
    try:
        Comparison(json.load(sys.stdin)).run()
    except Failed as failed:
        sys.exit(f"error: {failed}")


if __name__ == "__main__":
    main()
