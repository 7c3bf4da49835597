"""An S3 store on loopback that serves a folder of buckets and checks who asks."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

from fault_server import FaultServer

KEY_ID, KEY = "ALLPAKEYID0123456789", "hidden/Key+of=the-tests"


class S3Store(FaultServer):
    """Buckets as folders; a request without a fresh signature of the right keys is refused, as S3 does."""

    def next_fault(self, path: str, query: str, range_header: str) -> str:
        """As the server of faults, and 403 without a signature."""
        fault = super().next_fault(path, query, range_header)
        return fault if self.is_signed(path, query) else "403"

    def is_signed(self, path: str, query: str) -> bool:
        """Signature version 4 in the query, worked out from its definition by AWS."""
        query_values = {name: values[0] for name, values in parse_qs(query).items()}
        if not query_values.get("X-Amz-Credential", "").startswith(f"{KEY_ID}/"):
            return False
        unsigned = "&".join(sorted(part for part in query.split("&") if not part.startswith("X-Amz-Signature=")))
        host = urlsplit(self.url).netloc
        canonical = f"GET\n{path}\n{unsigned}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
        day, region, service, ending = query_values["X-Amz-Credential"].split("/")[1:]
        key = f"AWS4{KEY}".encode()
        for part in (day, region, service, ending):
            key = hmac.digest(key, part.encode(), "sha256")
        scope = f"{day}/{region}/{service}/{ending}"
        text = (
            f"AWS4-HMAC-SHA256\n{query_values['X-Amz-Date']}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        )
        signed_at = datetime.strptime(query_values["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        is_fresh = datetime.now(timezone.utc) - signed_at < timedelta(seconds=int(query_values["X-Amz-Expires"]))
        signature = hmac.new(key, text.encode(), "sha256").hexdigest()
        return is_fresh and hmac.compare_digest(signature, query_values.get("X-Amz-Signature", ""))
