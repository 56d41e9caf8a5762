"""A page as a test reads it."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """Collects tags, ids, addresses and text, and checks that tags close in order."""

    VOID = frozenset({"meta", "img", "br", "path", "use", "rect", "image"})

    def __init__(self, page):
        super().__init__()
        self.open, self.ids, self.addresses, self.text = [], [], [], []
        self.tags = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        values = dict(attrs)
        self.ids += [values["id"]] if "id" in values else []
        self.addresses += [v for k, v in attrs if k in ("href", "src", "xlink:href", "action")]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
