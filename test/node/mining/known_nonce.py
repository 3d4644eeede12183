"""Writes known-nonce.vectors.json: the first nonce that meets difficulty 16,384 on a table of 2^16 entries.

Independent of the program: Python's hashlib and the text of the QSDM mining protocol, sections 4, 6, 7 and 9.
Run: python3 known_nonce.py > known-nonce.vectors.json
"""
import hashlib
import json
import platform

ENTRIES = 2**16
DIFFICULTY = 16_384
EPOCH = 5


def sha3(message):
    return hashlib.sha3_256(message).digest()


root = sha3(b"a work-set root")
header = sha3(b"a header hash")
batch_root = sha3(b"a batch root")

table = [sha3(b"QSDM/mesh3d-pow/v1" + EPOCH.to_bytes(8, "little") + root)]
for i in range(1, ENTRIES):
    table.append(sha3(table[-1] + i.to_bytes(4, "little")))

target = (2**256 - 1) // DIFFICULTY - 1
attempts = 0
while True:
    nonce = attempts.to_bytes(16, "little")
    attempts += 1
    mix = sha3(header + nonce)
    for _ in range(64):
        mix = sha3(mix + table[int.from_bytes(mix[:4], "big") % ENTRIES])
    if int.from_bytes(sha3(header + nonce + batch_root + mix), "big") < target:
        break

print(
    json.dumps(
        {
            "source": f"known_nonce.py, Python {platform.python_version()}, hashlib",
            "input": {
                "epoch": str(EPOCH),
                "workset_root": root.hex(),
                "n": ENTRIES,
                "header_hash": header.hex(),
                "batch_root": batch_root.hex(),
                "difficulty": str(DIFFICULTY),
                "start_nonce": "00" * 16,
            },
            "expected": {"attempts": attempts, "nonce": nonce.hex(), "mix_digest": mix.hex()},
        },
        indent=2,
    )
)
