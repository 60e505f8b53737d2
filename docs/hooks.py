"""Pages of the documentation that are made from the project when the site is built."""

from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parent.parent


def on_files(files, config):
    """Add the manual of the configuration, and what every command says of itself."""
    made = {
        "reference/configuration.md": (ROOT / "config" / "README.md").read_text(encoding="utf-8"),
        "reference/command_line.md": command_line(),
    }
    for path, text in made.items():
        files.append(File.generated(config, path, content=text))
    return files


def command_line() -> str:
    """The help of `lnvsearch` and of its commands, as a page."""
    import argparse

    from lnvsearch.cli import build_parser

    parser = build_parser()
    (commands,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    pages = [f"# Command line\n\n```text\n{parser.format_help()}```\n"]
    for name, command in commands.choices.items():
        pages.append(f"## lnvsearch {name}\n\n```text\n{command.format_help()}```\n")
    return "\n".join(pages)
