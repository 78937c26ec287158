"""The check for links knows which lead somewhere."""

import pytest

PAGE = """# The first page

## Keys, and `scopes`
## Twice
## Twice

```
# no heading
```
"""


@pytest.fixture(scope="module")
def docs(tool):
    return tool("docs")


def test_headings_are_named_as_code_hosts_name_them(docs):
    assert docs.anchors(PAGE) == {"the-first-page", "keys-and-scopes", "twice", "twice-1"}


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("other.md", True),
        ("other.md#twice-1", True),
        ("#here", True),
        ("https://example.com/nowhere", True),
        ("missing.md", False),
        ("other.md#no-heading", False),
        ("#there", False),
    ],
)
def test_a_link_leads_to_a_file_and_to_a_heading_in_it(docs, tmp_path, link, leads):
    (tmp_path / "other.md").write_text(PAGE)
    page = tmp_path / "page.md"
    page.write_text(f"# Here\n\nSee [that]({link}) and `[this](is-code.md)`.\n")
    assert docs.broken(page, page.read_text()) == ([] if leads else [link])
