"""A network camera for tests: RTSP over TCP with motion JPEG, as RFC 2326 and RFC 2435 have it, and no more."""

import base64
import socketserver
import struct

import cv2
import numpy as np

#: Of RTP's clock for JPEG, a second and a frame.
_CLOCK, _FRAME = 90_000, 9_000

_JPEG, _VERSION, _MARKER = 26, 0x80, 0x80

_LARGEST_PACKET = 1400


def rtp_packets(image: np.ndarray, number: int, sequence: int) -> list[bytes]:
    """A frame as RTP packets.

    Args:
        image: BGR uint8 array whose sides are multiples of 16.
        number: The frame's.
        sequence: The first packet's number.
    """
    height, width = image.shape[:2]
    jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420])[1]
    tables, scan = _tables_and_scan(jpeg.tobytes())
    packets: list[bytes] = []
    at = 0
    while at < len(scan):
        part = scan[at : at + _LARGEST_PACKET]
        last = at + len(part) == len(scan)
        head = struct.pack(
            ">BBHII",
            _VERSION,
            _JPEG | (_MARKER if last else 0),
            (sequence + len(packets)) % 65536,
            number * _FRAME,
            1,
        )
        # Type 1 is 4:2:0; quality 255: the first packet holds the quantization tables.
        head += struct.pack(">IBBBB", at, 1, 255, width // 8, height // 8)
        head += struct.pack(">BBH", 0, 0, len(tables)) + tables if at == 0 else b""
        packets.append(head + part)
        at += len(part)
    return packets


def _tables_and_scan(jpeg: bytes) -> tuple[bytes, bytes]:
    """The quantization tables of a JPEG file, and its compressed data."""
    tables, at = b"", 2
    while True:
        marker, length = struct.unpack(">HH", jpeg[at : at + 4])
        segment = jpeg[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == 0xFFDB:
            tables += b"".join(segment[start + 1 : start + 65] for start in range(0, len(segment), 65))
        elif marker == 0xFFDA:
            return tables, jpeg[at:-2]


class Camera(socketserver.ThreadingTCPServer):
    """Shows as many frames as it is told on each connection, and then breaks it off or falls silent.

    Args:
        frames: Of each connection; one that is not there any more is refused.
        silent: Whether a connection stays open after its frames.
        password: What the user ada must send.
    """

    allow_reuse_address = True
    daemon_threads = False

    def __init__(self, frames: list[int], *, silent: bool = False, password: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.frames, self.silent = iter(frames), silent
        self.allowed = password and "Basic " + base64.b64encode(f"ada:{password}".encode()).decode()
        user = f"ada:{password}@" if password else ""
        self.address = f"rtsp://{user}127.0.0.1:{self.server_address[1]}/live"


class _Connection(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Camera)
        while (line := self.rfile.readline().split()) and len(line) == 3:
            fields = {}
            while field := self.rfile.readline().strip():
                name, _, value = field.decode().partition(":")
                fields[name.lower()] = value.strip()
            method, cseq = line[0].decode(), fields.get("cseq", "0")
            if method == "DESCRIBE" and self.server.allowed not in (None, fields.get("authorization")):
                self._answer(cseq, {"WWW-Authenticate": 'Basic realm="camera"'}, status="401 Unauthorized")
            elif method == "DESCRIBE":
                self._answer(cseq, {"Content-Type": "application/sdp"}, _SDP)
            elif method == "SETUP":
                self._answer(cseq, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1", "Session": "1"})
            elif method == "PLAY":
                frames = next(self.server.frames, 0)
                if not frames:
                    return
                self._answer(cseq, {"Session": "1"})
                self._show(frames)
                if self.server.silent:
                    self.rfile.read()  # until the client goes
                return
            else:
                self._answer(cseq, {"Public": "OPTIONS, DESCRIBE, SETUP, PLAY"})

    def _answer(self, cseq: str, fields: dict[str, str], body: bytes = b"", status: str = "200 OK") -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {cseq}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in fields.items()]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + body)

    def _show(self, frames: int) -> None:
        sequence = 0
        for number in range(frames):
            for packet in rtp_packets(np.full((48, 64, 3), 10 * number, np.uint8), number, sequence):
                self.wfile.write(b"$" + struct.pack(">BH", 0, len(packet)) + packet)
                sequence += 1


_SDP = "\r\n".join(
    [
        "v=0",
        "o=- 0 0 IN IP4 127.0.0.1",
        "s=camera",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        f"m=video 0 RTP/AVP {_JPEG}",
        f"a=rtpmap:{_JPEG} JPEG/{_CLOCK}",
        "a=framerate:10",
        "a=control:track1",
        "",
    ]
).encode()
