"""Updates the console's Chinese catalogue from the messages in code and templates.

Run it after writing a new message, then fill in the empty translations that it lists. Messages of
other parts of the toolkit, such as reasons, were added to the catalogue by hand and are kept.
"""

from clerkwork.web.i18n import OWN_CATALOGUE, messages_in, read_catalogue, write_catalogue


def main() -> None:
    """Add missing messages to the catalogue, and list the messages without a translation."""
    known = read_catalogue(OWN_CATALOGUE)
    wanted = messages_in(OWN_CATALOGUE.parent)
    merged = {message: known.get(message, "") for message in sorted(wanted | set(known))}
    write_catalogue(OWN_CATALOGUE, merged)
    for message, chinese in merged.items():
        if not chinese:
            print(f"no translation yet: {message}")


if __name__ == "__main__":
    main()
