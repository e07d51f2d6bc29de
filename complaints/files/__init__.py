"""Files on complaints: brought by a one-time address, written anew, shown only to whom they are for."""
