"""Give a PDF of Chromium a text layer with other letters than the page shows.

Usage: ``python tools/scramble_pdf.py FROM TO``. Some programs write such PDFs by themselves.
"""

import re
import sys
import zlib
from pathlib import Path


def main() -> None:
    """Write the scrambled document."""
    source, target = map(Path, sys.argv[1:3])
    target.write_bytes(scrambled(source.read_bytes()))


def scrambled(data: bytes) -> bytes:
    """Return a PDF of Chromium with a text layer in which every letter is replaced by another."""
    bodies = {
        int(match[1]): match[3]
        for match in re.finditer(
            rb"(\d+) 0 obj\s*<<(.*?)>>\s*stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL
        )
    }
    changed = {}
    for number, body in bodies.items():
        try:
            text = zlib.decompress(body).decode("latin-1")
        except zlib.error:
            continue
        if "beginbf" in text:
            changed[number] = _shuffled(text).encode("latin-1")
    start = data.rindex(b"startxref")
    size = re.findall(rb"/Size (\d+)", data)[-1].decode()
    root = re.findall(rb"/Root (\d+ 0 R)", data)[-1].decode()
    offset, table = len(data), ""
    added = b""
    for number, body in sorted(changed.items()):
        table += f"{number} 1\n{offset + len(added) + 1:010} 00000 n \n"
        added += f"\n{number} 0 obj\n<</Length {len(body)}>>\nstream\n".encode() + body
        added += b"\nendstream\nendobj"
    previous = re.findall(rb"\d+", data[start:])[0].decode()
    tail = f"\nxref\n{table}trailer\n<</Size {size} /Root {root} /Prev {previous}>>\n"
    tail += f"startxref\n{offset + len(added) + 1}\n%%EOF\n"
    return data + added + tail.encode()


def _shuffled(text: str) -> str:
    """Return a character map with the same characters, assigned to other glyphs."""
    pairs: dict[int, str] = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        for code, target in re.findall(r"<(\w+)>\s*<(\w+)>", block):
            pairs[int(code, 16)] = target
    for block in re.findall(r"beginbfrange(.*?)endbfrange", text, re.DOTALL):
        for first, last, target in re.findall(r"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            for step in range(int(last, 16) - int(first, 16) + 1):
                pairs[int(first, 16) + step] = f"{int(target, 16) + step:04X}"
    codes = [code for code, target in sorted(pairs.items()) if target not in {"0020", "0000"}]
    others = [pairs[code] for code in codes[7:] + codes[:7]]
    lines = [f"<{code:04X}> <{other}>" for code, other in zip(codes, others, strict=True)]
    blocks = [lines[at : at + 100] for at in range(0, len(lines), 100)]
    body = "".join(
        f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n" for block in blocks
    )
    plain = re.sub(r"\d+ beginbf(char|range).*?endbf\1\n", "", text, flags=re.DOTALL)
    return plain.replace("endcmap", body + "endcmap")


if __name__ == "__main__":
    main()
