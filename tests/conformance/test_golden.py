"""Bytes are the same in every language."""

import json

import pytest

from tests.conformance import golden
from tests.conformance.driver import Driver, Refused

ENTRIES = json.loads(golden.FILE.read_text(encoding="utf-8"))


def feature(said):
    """Marks in the matrix what a test shows."""

    def mark(test):
        test.feature = said
        return test

    return mark


async def differences(language, tmp_path, do, entries):
    """What a driver made of entries and should not have."""
    driver = await Driver(language, tmp_path / "driver.txt").start()
    found = []
    for entry in entries:
        given = {"hex": entry["hex"]} if do == "wire" else {"json": entry["json"]}
        try:
            said = (await driver.ask(do, message=entry["message"], **given))["hex"]
        except Refused as refused:
            found.append(f"{entry['id']}: {refused}")
            continue
        if said != entry["hex"]:
            found.append(f"{entry['id']} ({entry['message']}):\n  is        {said}\n  should be {entry['hex']}")
    await driver.stop()
    return found


@feature("Wire format, byte for byte, unknown fields and enum values kept")
async def test_messages_are_decoded_and_encoded_again_byte_for_byte(language, tmp_path):
    found = await differences(language, tmp_path, "wire", ENTRIES)
    assert not found, "\n".join(found)


@feature("JSON mapping")
async def test_messages_are_read_from_json(language, tmp_path):
    found = await differences(language, tmp_path, "json", [entry for entry in ENTRIES if "json" in entry])
    assert not found, "\n".join(found)


def test_the_files_are_what_python_makes():
    assert golden.FILE.read_text(encoding="utf-8") == golden.text()


@pytest.mark.parametrize("name", sorted(golden.WITHOUT_JSON))
def test_what_is_without_json_is_there(name):
    assert name in {entry["id"] for entry in ENTRIES}
