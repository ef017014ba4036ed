"""XML read with care."""

from __future__ import annotations

import pytest

from darkpy.importers.markup import MarkupError, read_xml

BOMB = """<?xml version="1.0"?>
<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;&x;&x;">]>
<a>&y;</a>"""
FOREIGN = '<!DOCTYPE a SYSTEM "file:///etc/passwd">\n<a/>'


def test_elements_know_their_text_attributes_and_lines(text):
    root = read_xml(text("a.xml", "<a>\r\n  <b k='1'> x y </b>\r\n  <b/>\r\n  <c>é</c>\r\n</a>"))

    assert [node.line for node in root.children] == [2, 3, 4]
    assert root.all("b")[0].attributes == {"k": "1"}
    assert (root.word("b"), root.word("c"), root.word("d")) == ("x y", "é", "")
    assert root.first("d") is None


@pytest.mark.parametrize("content", [BOMB, FOREIGN])
def test_document_types_and_entities_are_refused(text, content):
    with pytest.raises(MarkupError, match="document type or entities, which is refused"):
        read_xml(text("a.xml", content))


@pytest.mark.parametrize("content", ["", "no xml", "<a><b></a>", "<a>&unknown;</a>", "<a/><b/>"])
def test_what_is_no_xml_is_told_with_its_line(text, content):
    with pytest.raises(MarkupError, match="is no proper XML") as caught:
        read_xml(text("a.xml", content))

    assert caught.value.line == 1


def test_a_style_sheet_and_a_byte_order_mark_do_no_harm(text):
    style = "<?xml-stylesheet type='text/xsl' href='image_metadata_stylesheet.xsl'?>"

    assert read_xml(text("a.xml", f"\ufeff<?xml version='1.0'?>\n{style}\n<a/>")).tag == "a"


def test_latin_1_is_read(tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes("<?xml version='1.0' encoding='ISO-8859-1'?><a>Häuser</a>".encode("latin-1"))

    assert read_xml(path).text == "Häuser"


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(MarkupError, match=r"none\.xml: cannot be read: No such file"):
        read_xml(tmp_path / "none.xml")
