"""Fills in a mail."""
from jinja2 import Environment

TEMPLATE = Environment(autoescape=True).from_string(
    "<h1>Hello {{ name }}</h1>{% for item in items %}<p>{{ loop.index }}. {{ item }}</p>{% endfor %}")


def handler(event, context):
    return {"html": TEMPLATE.render(**event)}
