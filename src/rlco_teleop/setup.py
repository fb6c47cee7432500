# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Installs rlco_teleop; run by colcon."""

from setuptools import find_packages, setup

NAME = "rlco_teleop"

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    package_data={NAME: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},
    zip_safe=False,
    maintainer="The rlco authors",
    maintainer_email="maintainers@rlco.example",
    license="Apache-2.0",
    entry_points={"console_scripts": ["teleop_node = rlco_teleop.node:main"]},
)
