"""The texts of dispatchml's own rules have the grammar of rules: they are not looked at when they are declared."""

from dispatchml.rules.grammar import check_text
from dispatchml.rules.registry import RULES


def test_every_text_is_an_expression_of_rules():
    texts = [(text, op) for op, rule in RULES.items() for text in rule.partials if text is not None]
    assert len(texts) > 100
    for text, op in texts:
        check_text(text, op)
