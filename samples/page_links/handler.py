"""The links of a page."""
from bs4 import BeautifulSoup



def handler(event, context):
    html = "<html><body>" + "".join('<p>See <a href="/page/%d">page %d</a></p>' % (i, i) for i in range(event["links"])) + "</body></html>"
    soup = BeautifulSoup(html, "html.parser")
    return {"links": len([a["href"] for a in soup.find_all("a")])}
