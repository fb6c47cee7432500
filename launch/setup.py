# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Installs rlco_bringup; run by colcon. This directory itself is the Python package."""

from glob import glob

from setuptools import setup

NAME = "rlco_bringup"

setup(
    name=NAME,
    version="0.1.0",
    packages=[NAME],
    # "../launch" is this directory: colcon's --symlink-install cannot map a package to ".".
    package_dir={NAME: "../launch"},
    package_data={NAME: ["py.typed", "config/*.xml"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        (f"share/{NAME}/launch", sorted(glob("*.launch.py"))),
        (f"share/{NAME}/config", sorted(glob("config/*.xml"))),
    ],
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},
    zip_safe=False,
    maintainer="The rlco authors",
    maintainer_email="maintainers@rlco.example",
    license="Apache-2.0",
)
