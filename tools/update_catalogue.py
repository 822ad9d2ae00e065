"""Brings the console's Chinese catalogue up to date with the messages in code and templates.

Run it after you wrote a new message, then fill in the empty translations it tells of. Messages
that other parts of the toolkit write, such as reasons, stand in the catalogue by hand and stay.
"""

from clerkwork.web.i18n import OWN_CATALOGUE, messages_in, read_catalogue, write_catalogue


def main() -> None:
    """Add what is missing to the catalogue and name the messages without a translation."""
    known = read_catalogue(OWN_CATALOGUE)
    wanted = messages_in(OWN_CATALOGUE.parent)
    merged = {message: known.get(message, "") for message in sorted(wanted | set(known))}
    write_catalogue(OWN_CATALOGUE, merged)
    for message, chinese in merged.items():
        if not chinese:
            print(f"no translation yet: {message}")


if __name__ == "__main__":
    main()
