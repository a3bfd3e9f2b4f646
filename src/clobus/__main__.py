"""`python -m clobus`: the same as the command `clobus`."""

from clobus.cli import app


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
