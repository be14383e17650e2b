"""How long a long list takes to download from the portal, and how much memory the server needs, per format.

    PYTHONPATH=. .venv/bin/python -m benchmarks.portal --rows 1000000

A list of offers with texts, dates and money is published in a folder of its own and served by `offermill serve`'s
application with uvicorn, a fresh server for each format; a client reads it over loopback and throws it away. The memory
is the server's largest resident set, beside what it held before the first byte was asked for (by then it has hashed a
password, which takes 64 MiB). The processor's seconds are the server's own, whatever else the machine does.
"""

import argparse
import http.client
import json
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path

from offermill import csvfile, datapackage
from offermill.paths import ShopPaths
from portal import formats

FIELDS = (
    ("offer_key", "string", ""),
    ("customer_id", "string", ""),
    ("home_store", "string", ""),
    ("offer_text", "string", ""),
    ("value_amount", "number", ""),
    ("orders", "integer", ""),
    ("valid_from", "date", ""),
    ("valid_until", "date", ""),
    ("channel", "string", ""),
    ("code", "string", ""),
)
EDITION = "2026-06-30"
SHOP = """\
shop: {id: bench, name: Bench, time_zone: Europe/Riga}
randomisation: {salt: a salt for benchmarks}
sources: {}
portal:
  roles:
    all: [{lists: ["*"], verbs: [see, preview, download]}]
    store: [{lists: ["*"], verbs: [see, preview, download], stores: [s01, s02]}]
"""


def rows(count: int) -> Iterator[list[csvfile.Cell]]:
    """Yield offers; every tenth text is quoted, a fiftieth of the rows is of each store."""
    for number in range(count):
        text = f"Līdz 28. jūlijam pērc par 40,00 €, saņem {number % 20} % atlaidi{' („kafija“)' * (number % 10 == 0)}"
        money = f"{number % 4000 // 100}.{number % 100:02d}"
        days = (date(2026, 7, 1), date(2026, 7, 28))
        store = f"s{number % 50:02d}"
        yield [
            f"{number:024X}",
            f"c{number:08d}",
            store,
            text,
            money,
            number % 40,
            *days,
            "email",
            f"K7Q2-{number:07d}",
        ]


def publish(folder: Path, count: int) -> int:
    """Publish the list; return its size in bytes."""
    target = folder / "exports" / EDITION
    csvfile.write(target / "offers.csv", [name for name, _, _ in FIELDS], rows(count))
    facts = {"edition": EDITION, "business_date": EDITION, "currency_digits": 2}
    datapackage.write(target, "bench", "Bench", [datapackage.Resource("offers.csv", "Offers", count, FIELDS)], facts)
    (folder / "shop.yml").write_text(SHOP, encoding="utf-8")
    return (target / "offers.csv").stat().st_size


def peak_mib() -> float:
    """Return the largest resident set of this process alone; getrusage would count the one that started it."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def serve(folder: Path, pipe: Connection) -> None:
    """Serve in a process of its own; say the port and cookies, then the memory before and after."""
    import threading

    import uvicorn

    from portal import app, server, users
    from portal.state import Portal

    portal = Portal.of(ShopPaths(folder), is_secure=False)
    opened = server._bound("127.0.0.1", 0)
    cookies = {}
    for role in ("all", "store"):
        users.add(portal.shop, portal.chosen.portal, role, (role,), "a password of sixteen", replace=True)
        stamp = users.read(portal.shop)[role].stamp
        cookies[role] = portal.sessions.begin(role, stamp, portal.clock())[1]
    served = uvicorn.Server(uvicorn.Config(app.make(portal), log_level="warning", lifespan="off"))
    threading.Thread(target=served.run, kwargs={"sockets": [opened]}, daemon=True).start()
    pipe.send((opened.getsockname()[1], {role: f"{portal.cookie}={value}" for role, value in cookies.items()}))
    while pipe.recv() == "used":
        pipe.send((peak_mib(), time.process_time()))


def ask(port: int, cookie: str, path: str) -> tuple[int, float, float]:
    """Return bytes, seconds to the first byte and to the last."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3600)
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status} {answer.read()!r}")
    size, first = 0, 0.0
    while piece := answer.read(1 << 20):
        first = first or time.perf_counter() - started
        size += len(piece)
    return size, first, time.perf_counter() - started


def measure(folder: Path, path: str, role: str) -> tuple[float, ...]:
    """Return megabytes, first byte, last byte, seconds of processor, memory before, memory at most."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(folder, there))
    process.start()
    port, cookies = here.recv()
    ask(port, cookies[role], "/api/editions")
    here.send("used")
    before, cpu_before = here.recv()
    size, first, last = ask(port, cookies[role], path)
    here.send("used")
    at_most, cpu = here.recv()
    here.send("end")
    process.terminate()
    process.join()
    return size / 1e6, first, last, cpu - cpu_before, before, at_most


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--formats", nargs="*", default=[one.name for one in formats.TABLE_FORMATS])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        size = publish(folder, chosen.rows)
        print(f"{json.dumps({'rows': chosen.rows, 'columns': len(FIELDS), 'published_mb': round(size / 1e6, 1)})}\n")
        print("| format | rows | MB | first byte s | last byte s | processor s | server MiB before | at most |")
        print("|---|---|---|---|---|---|---|---|")
        for role, name in [("all", name) for name in chosen.formats] + [("store", "csv")]:
            found = measure(folder, f"/api/download?edition={EDITION}&list=offers.csv&format={name}&language=lv", role)
            said = "every row" if role == "all" else "two stores of fifty"
            print(f"| {name} | {said} | " + " | ".join(f"{one:,.1f}" for one in found) + " |", flush=True)
        print(
            f"\npreview: {measure(folder, f'/api/preview?edition={EDITION}&list=offers.csv&page=20', 'all')[2]:.2f} s"
        )


if __name__ == "__main__":
    main()
