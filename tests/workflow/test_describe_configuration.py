"""config/README.md is what the definitions of the keys say."""

import describe_configuration


def test_the_manual_is_up_to_date(root):
    written = (root / "config" / "README.md").read_text(encoding="utf-8")
    assert written == describe_configuration.main(), (
        "run `python workflow/describe_configuration.py`"
    )


def test_the_manual_names_every_key_of_the_configuration(root):
    import quick_yaml

    text = (root / "config" / "README.md").read_text(encoding="utf-8")
    for key in quick_yaml.load((root / "config" / "config.yaml").read_text()):
        assert f"`{key}`" in text
