"""Hostile inputs, part B: encodings and text. Each test is named after its row in the list of hostile inputs."""

import tracemalloc

import pytest

from offermill.errors import InputError

HEADER = "store_id,store_name,city,kind\n"
FILE = "stores/stores_2026-06-30.csv"
LATVIAN = HEADER + "".join(f"s{i},Veikals Ķekava Ādaži Šķēde {i},Rīga,store\n" for i in range(20))
RUSSIAN = HEADER + "".join(f"s{i},Магазин на улице Бривибас {i},Рига,store\n" for i in range(20))


def refused(encoding: str) -> str:
    return (
        f"{FILE}: the file is not utf-8; it looks like {encoding}: add `encoding: {encoding}` to the source after a "
        "look "
        "at the names in it. Nothing was loaded, because a wrong guess would garble every name."
    )


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(LATVIAN, "windows-1257"), (RUSSIAN, "windows-1251"), (LATVIAN, "utf-16")],
)
def test_h13_an_undeclared_encoding_fails_with_a_guess_and_the_line_to_add(desk, text, encoding):
    desk.deliver("stores", text.encode(encoding))
    assert desk.refusal("stores", InputError) == refused(encoding)


@pytest.mark.parametrize("encoding", ["windows-1257", "utf-16", "utf-8"])
def test_h13_a_declared_encoding_is_read(desk, encoding):
    desk.declare("stores", encoding=encoding)
    desk.deliver("stores", LATVIAN.encode(encoding))
    desk.load("stores")
    assert desk.rows("stores", "store_name", "city")[0] == ("Veikals Ķekava Ādaži Šķēde 0", "Rīga")
    assert desk.warehouse.count("raw.stores") == 20


def test_h13_a_wrongly_declared_encoding_fails(desk):
    desk.declare("stores", encoding="utf-16")
    desk.deliver("stores", LATVIAN)
    assert desk.refusal("stores", InputError).startswith(f"{FILE}: cannot be read as utf-16, which shop.yml declares (")


def test_h14_one_invalid_byte_rejects_its_row_with_the_offset(desk):
    text = (HEADER + "s1,Ādaži,Rīga,store\ns2,B?d,Rīga,store\ns3,Ķekava,,web\n").encode()
    offset = text.index(b"?")
    desk.deliver("stores", text.replace(b"?", b"\xe1"))
    desk.load("stores")
    assert desk.rows("stores", "store_id", "store_name") == [("s1", "Ādaži"), ("s3", "Ķekava")]
    assert desk.rejects() == [
        (3, None, f"byte 0xe1 at offset {offset} of the file is not utf-8; export the record again.")
    ]


def test_h15_a_byte_order_mark_leaves_the_first_name_clean(desk):
    desk.deliver("stores", b"\xef\xbb\xbf" + (HEADER + "s1,Centrs,Riga,store\n").encode())
    desk.load("stores")
    assert desk.rows("stores", "store_id", "_line") == [("s1", 2)]


def test_h16_invisible_characters_are_taken_out_of_names_and_counted(desk):
    desk.deliver(
        "stores",
        HEADER + 's1,Cen\u200btrs\x00\u202e,"Ri\nga",store\ns2,Plain,Riga,store\n',
    )
    desk.load("stores")
    assert desk.rows("stores", "store_name", "city") == [("Centrs", "Ri ga"), ("Plain", "Riga")]
    assert desk.warehouse.rows("select kind, item_count, description from meta.note") == [
        ("hidden_characters", 2, "texts lost invisible or direction-changing characters")
    ]


def test_h16_invisible_characters_in_an_id_reject_the_record(desk):
    desk.deliver("stores", HEADER + "s\u200b1,Centrs,Riga,store\n")
    desk.load("stores")
    assert desk.rejects() == [
        (
            2,
            "store_id",
            '"s 1" holds invisible characters, so it would not equal the id it looks like; send it clean.',
        )
    ]


def test_h17_names_are_composed_and_ids_compared_by_their_bytes(desk):
    composed, decomposed = "\u0100da\u017ei", "A\u0304daz\u030ci"
    desk.deliver(
        "stores",
        HEADER + f"{composed},{decomposed},Riga,store\n{decomposed},{composed},Riga,store\nI\u0307,\u0130,,web\n",
    )
    desk.load("stores")
    assert desk.rows("stores", "store_id", "store_name") == [
        (composed, composed),
        (decomposed, composed),
        ("I\u0307", "\u0130"),
    ]


def test_h17_ids_that_mix_alphabets_are_kept_and_reported(desk):
    desk.deliver("stores", HEADER + "sA1,Latin,Riga,store\nsА1,Cyrillic A,Riga,store\n")
    desk.load("stores")
    assert desk.rows("stores", "store_id") == [("sA1",), ("sА1",)]
    assert desk.warehouse.rows("select kind, item_count, description from meta.note") == [
        (
            "look_alike_id",
            1,
            'store_id mixes Latin with look-alike letters of another alphabet, such as "sА1"; kept as it is',
        )
    ]


def test_h18_a_field_of_ten_megabytes_fails_in_bounded_memory(desk):
    desk.deliver("stores", HEADER + "s1," + "x" * 10_000_000 + ",Riga,store\n")
    tracemalloc.start()
    message = desk.refusal("stores", InputError)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message == (
        f"{FILE}: a line is longer than 1,048,576 bytes, more than any record may be; nothing was loaded. "
        "Check the line ends, or raise max_field_characters of the source."
    )
    assert peak < 8 * 1024 * 1024


def test_h18_a_field_over_the_limit_fails_with_its_line(desk):
    desk.deliver("stores", HEADER + "s1,Centrs,Riga,store\ns2," + "x" * 70_000 + ",Riga,store\n")
    assert desk.refusal("stores", InputError) == (
        f"{FILE}:3: a field is longer than 65,536 characters; nothing was loaded. Correct the record, or raise "
        "max_field_characters of the source."
    )


def test_h18_a_hundred_thousand_columns_fail(desk):
    desk.deliver("stores", ",".join(f"c{i}" for i in range(100_000)) + "\n")
    assert desk.refusal("stores", InputError) == (
        f"{FILE}:1: 100,000 columns, more than the limit of 1,000; nothing was read. Check the delimiter, or raise "
        "max_columns of the source."
    )
