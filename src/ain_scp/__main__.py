"""`python -m ain_scp` is `ain`."""

from ain_scp.ain.__main__ import main

if __name__ == "__main__":
    main()
