#!/usr/bin/env python3
"""Goldens of the config room, made by Hydra: tests/core/config/golden/hydra.json.

Folders of TOML files, command lines, and what hydra-core composes of them: a tree, one tree a run for -m, or a refusal.
TOML becomes YAML mechanically, `_package_` the comment `# @package`. The cases stand in hydra_cases.py and
hydra_more_cases.py.
Needs hydra-core 1.3; its version stands in the file.   scripts/golden/hydra.py [OUTPUT_FILE]
"""
import json
import math
import os
import pathlib
import sys
import tempfile
import tomllib
import warnings

HERE = sys.path.pop(0)  # `import hydra` means the package, not this file
import hydra
import omegaconf
from hydra import compose, initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from omegaconf import OmegaConf, grammar_parser

sys.path.insert(0, HERE)
from hydra_cases import CASES, ENVIRONMENT, FOLDERS, REASONS
import hydra_more_cases  # adds to CASES

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSIONS = {"hydra-core": hydra.__version__, "omegaconf": omegaconf.__version__}


def yaml_of(value):
    """Flow style, which JSON is but for numbers that it has not."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {yaml_of(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(yaml_of, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: ".inf", -math.inf: "-.inf"}.get(value, ".nan")
    return json.dumps(value)


def write_folder(files, folder):
    for name, text in files.items():
        content = tomllib.loads(text)
        package = content.pop("_package_", None)
        path = folder / (name + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        header = f"# @package {package}\n" if package is not None else ""
        path.write_text(header + yaml_of(content) + "\n")


def plain(value):
    """JSON that every reader takes: numbers that it has not are tables of one key."""
    if isinstance(value, dict):
        return {str(k).lower() if isinstance(k, bool) else str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"$float": str(value)}
    return value


def tree(config_name, overrides):
    return plain(OmegaConf.to_container(compose(config_name, overrides=overrides), resolve=True))


def composed(case, folder):
    overrides, config_name = case["overrides"], case["config"] or None
    with initialize_config_dir(str(folder), version_base="1.3", job_name="golden"):
        if not case["multirun"]:
            return {"tree": tree(config_name, overrides)}
        loader = GlobalHydra.instance().hydra.config_loader
        parsed = OverridesParser.create(config_loader=loader).parse_overrides(overrides)
        ConfigLoaderImpl.validate_sweep_overrides_legal(parsed, RunMode.MULTIRUN, False)
        loader.load_configuration(config_name, overrides, RunMode.MULTIRUN, from_shell=False)
        runs = BasicSweeper.split_arguments(parsed, None)[0]
        # A word ~key comes out as ~key=null there, which means the same.
        return {"runs": [{"overrides": [o.replace("=null", "") if o[0] == "~" else o for o in run],
                          "tree": tree(config_name, list(run))} for run in runs]}


def outcome(case, folder):
    grammar_parser._grammar_cache.data = None  # a text that it refused would leave its lexer in the wrong mode
    try:
        return composed(case, folder)
    except (Exception, AssertionError) as error:  # Hydra refuses some words by an assertion, or by running out of stack
        text = str(error) or str(error.__cause__ or "")
        return {"refused": f"{type(error).__name__}: {text.splitlines()[0] if text else ''}".replace(str(folder), "DIR")}


def main():
    warnings.simplefilter("ignore")
    os.environ.update(ENVIRONMENT)
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests/core/config/golden/hydra.json"
    lines, seen = [], set()
    with tempfile.TemporaryDirectory() as scratch:
        for name, files in FOLDERS.items():
            write_folder(files, pathlib.Path(scratch) / name)
        for case in CASES:
            key = json.dumps([case["folder"], case["config"], case["overrides"], case["multirun"]])
            assert key not in seen, f"twice: {key}"
            seen.add(key)
            hydras = outcome(case, pathlib.Path(scratch) / case["folder"])
            if "differs" in case:
                assert case["differs"] in REASONS, case
                assert case["here"] != hydras and not ("refused" in case["here"] and "refused" in hydras), f"agrees: {case}"
            lines.append("  " + json.dumps(case | {"hydra": hydras}, sort_keys=True))
    head = json.dumps({"versions": VERSIONS, "environment": ENVIRONMENT, "reasons": REASONS, "folders": FOLDERS}, indent=1)
    out.write_text(head[:-2] + ',\n "cases": [\n' + ",\n".join(lines) + "\n ]\n}\n")
    refused = sum('"refused"' in line for line in lines)
    print(f"{len(lines)} cases, {refused} with a refusal, {sum('differs' in case for case in CASES)} that differ here")


if __name__ == "__main__":
    main()
