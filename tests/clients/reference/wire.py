"""A frontend of the PostgreSQL protocol: enough to send a statement and to keep everything that comes back.

A driver would hide what is to be compared: type numbers and modifiers, command tags, notices, several results of one
message. Python's standard library is all it needs.
"""

import socket
import struct


class Connection:
    """One connection, over a unix socket (`host` is its folder) or TCP, without a password."""

    def __init__(self, host, port, user, database, timeout=60, options=None):
        if host.startswith("/"):
            self.socket = socket.socket(socket.AF_UNIX)
            address = f"{host}/.s.PGSQL.{port}"
        else:
            self.socket = socket.socket()
            address = (host, port)
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        self.buffer = b""
        self.parameters = {}
        settings = {"user": user, "database": database, **(options or {})}
        body = struct.pack("!i", 196608)
        for name, value in settings.items():
            body += name.encode() + b"\0" + value.encode() + b"\0"
        body += b"\0"
        self.socket.sendall(struct.pack("!i", len(body) + 4) + body)
        for kind, data in self._until_ready():
            if kind == b"E":
                raise RuntimeError(_fields(data))
            if kind == b"R" and struct.unpack("!i", data[:4])[0] != 0:
                raise RuntimeError("the server asks for a password")
            if kind == b"S":
                name, value = data.split(b"\0")[:2]
                self.parameters[name.decode()] = value.decode()

    def close(self):
        """Say goodbye and close the socket."""
        try:
            self._send(b"X", b"")
        finally:
            self.socket.close()

    def simple(self, sql):
        """Send a statement as one simple query; its results, in order."""
        self._send(b"Q", sql.encode() + b"\0")
        return self._results()

    def describe(self, sql, types=()):
        """Parse and describe: `(parameter types, columns)`, or an error as a result."""
        self._send(b"P", b"\0" + sql.encode() + b"\0" + struct.pack("!h", len(types)) + b"".join(struct.pack("!I", t) for t in types))
        self._send(b"D", b"S\0")
        self._send(b"S", b"")
        inferred, columns, error = [], None, None
        for kind, data in self._until_ready():
            if kind == b"t":
                (count,) = struct.unpack("!h", data[:2])
                inferred = list(struct.unpack(f"!{count}I", data[2:]))
            elif kind == b"T":
                columns = _columns(data)
            elif kind == b"E":
                error = _fields(data)
        return inferred, columns, error

    def extended(self, sql, values, types=()):
        """Parse, bind text values, describe and execute in the unnamed statement; the results, in order."""
        self._send(b"P", b"\0" + sql.encode() + b"\0" + struct.pack("!h", len(types)) + b"".join(struct.pack("!I", t) for t in types))
        body = b"\0\0" + struct.pack("!hh", 0, len(values))
        for value in values:
            if value is None:
                body += struct.pack("!i", -1)
            else:
                body += struct.pack("!i", len(value.encode())) + value.encode()
        self._send(b"B", body + struct.pack("!h", 0))
        self._send(b"D", b"P\0")
        self._send(b"E", b"\0" + struct.pack("!i", 0))
        self._send(b"S", b"")
        return self._results()

    def _send(self, kind, body):
        self.socket.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def _take(self, count):
        while len(self.buffer) < count:
            more = self.socket.recv(1 << 16)
            if not more:
                raise ConnectionError("the server closed the connection")
            self.buffer += more
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def _until_ready(self):
        messages = []
        while True:
            head = self._take(5)
            kind = head[:1]
            data = self._take(struct.unpack("!i", head[1:])[0] - 4)
            messages.append((kind, data))
            if kind == b"Z" or (kind == b"E" and _fields(data).get("severity") == "FATAL"):
                return messages

    def _results(self):
        results, columns, rows, copy = [], None, [], None
        for kind, data in self._until_ready():
            if kind == b"T":
                columns, rows = _columns(data), []
            elif kind == b"D":
                rows.append(_row(data))
            elif kind == b"H":
                form, count = struct.unpack("!bh", data[:3])
                copy = {"format": "binary" if form else "text", "columns": count, "data": []}
            elif kind == b"d" and copy is not None:
                copy["data"].append(data)
            elif kind == b"C":
                result = {"tag": data[:-1].decode()}
                if copy is not None:
                    result["copy"] = copy
                elif columns is not None:
                    result["columns"], result["rows"] = columns, rows
                results.append(result)
                columns, rows, copy = None, [], None
            elif kind == b"E":
                error = _fields(data)
                result = {"error": error["code"], "message": error["message"]}
                if columns is not None:
                    result["columns"] = columns
                results.append(result)
                columns, rows, copy = None, [], None
            elif kind == b"I":
                results.append({"tag": ""})
        return results


def _columns(data):
    (count,) = struct.unpack("!h", data[:2])
    at, columns = 2, []
    for _ in range(count):
        end = data.index(b"\0", at)
        name = data[at:end].decode()
        _, _, type_oid, length, modifier, _ = struct.unpack("!IhIhih", data[end + 1 : end + 19])
        columns.append({"name": name, "type": type_oid, "typlen": length, "typmod": modifier})
        at = end + 19
    return columns


def _row(data):
    (count,) = struct.unpack("!h", data[:2])
    at, row = 2, []
    for _ in range(count):
        (length,) = struct.unpack("!i", data[at : at + 4])
        at += 4
        if length < 0:
            row.append(None)
        else:
            row.append(data[at : at + length].decode())
            at += length
    return row


def _fields(data):
    names = {"V": "severity", "C": "code", "M": "message", "H": "hint", "P": "position"}
    found = {}
    for part in data.split(b"\0"):
        if part and part[:1].decode() in names:
            found[names[part[:1].decode()]] = part[1:].decode()
    return found
