"""The packages, and the trained network among them: `data/` of a checkout becomes `onenet/shipped/`.

Everything else is in pyproject.toml, which has no way to say this.
"""

from setuptools import find_packages, setup

PACKAGES = find_packages(include=["bot", "bot.*", "onenet", "onenet.*"])

setup(packages=[*PACKAGES, "onenet.shipped"], package_dir={"onenet.shipped": "data"})
