"""What uvicorn imports."""

from server.app import create_app
from server.settings import read_settings

app = create_app(read_settings())
