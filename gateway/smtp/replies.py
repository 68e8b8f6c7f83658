"""Every reply we send: code, enhanced code (RFC 3463), text.  Pure.

Replies are ASCII, because a reply may be UTF-8 only under SMTPUTF8 (RFC 6531 section 3.7.4).  What a clerk or teacher will
read in a bounce is Vietnamese without marks; what only an administrator reads is English.  The lines of one reply are joined
with CR LF; the last one has none yet.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Sequence

from gateway.model import Sign, Verdict

LINE_OCTETS = 512  # with code and CR LF (RFC 5321 section 4.5.3.1.5)

OK = "250 2.0.0 OK"
SENDER_OK = "250 2.1.0 Sender OK"
RECIPIENT_OK = "250 2.1.5 Recipient OK"
GO_AHEAD = "354 End data with <CR><LF>.<CR><LF>"
BYE = "221 2.0.0 Bye"
BEGIN_TLS = "220 2.0.0 Ready to start TLS"
CANNOT_VERIFY = "252 2.0.0 Cannot VRFY; send some mail, I will try"

BAD_SENDER = "553 5.1.7 Sender address: expected <local@domain> or <>"
BAD_RECIPIENT = "553 5.1.3 Recipient address: expected <local@domain>"
NEEDS_SMTPUTF8 = "553 5.6.7 Letters beyond ASCII need the SMTPUTF8 parameter"
UNKNOWN_PARAMETER = "555 5.5.4 Parameter not known"
BAD_PARAMETER = "501 5.5.4 Parameter given twice, or its value is malformed"
BARE_IN_COMMAND = "500 5.5.2 Commands end with CR LF and carry no control characters"
LINE_TOO_LONG = "500 5.5.2 Command line too long"
UNKNOWN_COMMAND = "500 5.5.2 Command not known"
NOT_IMPLEMENTED = "502 5.5.1 Command not implemented"
HELLO_FIRST = "503 5.5.1 Send EHLO first"
NESTED_MAIL = "503 5.5.1 A mail is open: RSET, or go on with RCPT"
MAIL_FIRST = "503 5.5.1 Send MAIL first"
RCPT_FIRST = "503 5.5.1 No valid recipient"
NOT_DURING_MAIL = "503 5.5.1 Not while a mail is open"
BAD_ATTRIBUTE = "501 5.5.4 Expected NAME=value with a known name, a value in xtext"
EACH_BEGINS = "353 Each recipient is answered, then the mail"  # draft-hall-prdr-00
CHUNKS_BEGUN = "503 5.5.1 This mail comes by BDAT: go on with BDAT, or RSET"
CHUNK_REFUSED = "503 5.5.1 A chunk of this mail was refused: RSET"
BAD_CHUNK = "421 4.5.0 Syntax: BDAT size [LAST]; nobody knows where this chunk ends, goodbye"
NEEDS_TLS = "530 5.7.0 Send STARTTLS first"
SIGN_IN_FIRST = "530 5.7.0 Authentication required: sign in with AUTH"
SIGN_IN_NEEDS_TLS = "538 5.7.11 Encryption required: send STARTTLS before AUTH"
SIGNED_IN = "503 5.5.1 Already signed in"
UNKNOWN_MECHANISM = "504 5.5.4 AUTH mechanism not known"
BAD_CREDENTIALS = "501 5.5.2 What was said to sign in is malformed"
SIGN_IN_TOO_LONG = "500 5.5.6 Authentication line too long"
SIGN_IN_CANCELLED = "501 5.7.0 Authentication cancelled"
SIGN_IN_LATER = "454 4.7.0 Nobody can be signed in now, try again in some minutes"
WRONG_PASSWORD = "535 5.7.8 Authentication credentials invalid"  # noqa: S105 - a reply
WELCOME = "235 2.7.0 Signed in"

CANNOT_ASK = "451 4.4.1 Chua kiem tra duoc dia chi nay, xin gui lai sau; cannot verify this address now"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients: send the others in another mail"
NO_ROOM = "452 4.3.1 Too much mail at once, try again in a few minutes"
TOO_MANY_MAILS = "450 4.7.1 Too many mails from your network in a minute, send this one a little later"
TOO_MANY_MAILS_OF_YOURS = "450 4.7.1 Too many mails of yours in a minute, send this one a little later"
TOO_MANY_ERRORS = "421 4.7.0 Too many errors, goodbye"
TOO_MANY_COMMANDS = "421 4.7.0 Too many commands without a mail, goodbye"
TOO_EARLY = "554 5.5.1 You talked before you were greeted, goodbye"
TOO_SLOW = "421 4.4.2 Waited too long, goodbye"
IMPROPER_PIPELINING = "421 4.5.0 Data came before it was asked for, goodbye"


def greeting(hostname: str, protocol: str = "ESMTP") -> str:
    """The first line of a session."""
    return f"220 {hostname} {protocol} Vanthu"


def hello(hostname: str) -> str:
    """The reply to HELO: no extensions."""
    return f"250 {hostname}"


def extensions(hostname: str, *, max_bytes: int, more: Sequence[str] = ()) -> str:
    """The reply to EHLO; ``more`` is what not every listener offers to every client."""
    offered = (
        hostname,
        f"SIZE {max_bytes}",
        "PIPELINING",
        "8BITMIME",
        "SMTPUTF8",
        "DSN",
        "ENHANCEDSTATUSCODES",
        "CHUNKING",
        *more,
        "HELP",
    )
    return "\r\n".join([f"250-{line}" for line in offered[:-1]] + [f"250 {offered[-1]}"])


def chunk_taken(size: int) -> str:
    """The reply to BDAT without LAST (RFC 3030 section 2)."""
    return f"250 2.0.0 {size} octets received"


def help_text(verbs: Sequence[str], help_url: str) -> str:
    """The reply to HELP."""
    return _reply("214", "2.0.0", [" ".join(verbs), fold_to_ascii(help_url)])


def syntax(usage: str) -> str:
    """A command whose argument is missing or malformed."""
    return f"501 5.5.4 Syntax: {usage}"


def too_many_connections(hostname: str) -> str:
    """Said instead of a greeting."""
    return f"421 4.7.0 {hostname} has too many connections, try again in a few minutes"


def too_many_from_there(hostname: str) -> str:
    """Said instead of a greeting to one network that takes up too much."""
    return f"421 4.7.0 {hostname} has too many connections from your network, try again in a few minutes"


def busy(hostname: str) -> str:
    """Said instead of a greeting while we are behind with the work."""
    return f"421 4.3.2 {hostname} is busy, try again in a few minutes"


def stopping(hostname: str) -> str:
    """The gateway is going down: the client keeps its mail and comes back (RFC 5321 section 3.8)."""
    return f"421 4.3.2 {hostname} is restarting, try again in a minute"


def relay_denied(address: str) -> str:
    """From outside we take mail for our own domains alone."""
    return _reply("550", "5.7.1", [f"{_shown(address)} relay denied: dia chi nay khong thuoc he thong thu cua chung toi"])


def not_listed(client: str) -> str:
    """A mail server hands over mail that it has taken already, and nobody has said that it may."""
    return f"451 4.7.1 [{client}] is in none of the trusted_networks of this listener; keep the mail, and tell whoever runs it"


def not_your_address(address: str) -> str:
    """Whoever signed in writes as somebody else."""
    words = f"{_shown(address)} khong phai dia chi cua tai khoan da dang nhap (not your address: send as yourself)"
    return _reply("550", "5.7.1", [words])


def no_such_address(address: str) -> str:
    """An address for answers to our letters that we did not give away (RFC 3463, X.1.1)."""
    words = f"{_shown(address)} dia chi tra loi nay khong dung, xin dung lien ket trong thu cua cong (no such address)"
    return _reply("550", "5.1.1", [words])


def unknown(address: str) -> str:
    """There is no such mailbox (RFC 3463, X.1.1)."""
    return _reply("550", "5.1.1", [f"{_shown(address)} khong co dia chi nay trong he thong thu; no such address here"])


def moved(address: str, successor: str, answer_id: str = "") -> str:
    """A retired address past its closing date (RFC 5321 section 3.4)."""
    words = f"{_shown(address)} da ngung su dung, xin gui toi {_shown(successor)} (moved, please use the new address)"
    return _reply("551", "5.1.6", [f"{words} {answer_id}".strip()])


def too_large(max_bytes: int, mail_id: str = "") -> str:
    """Over the limit, by announcement or while reading."""
    words = f"{mail_id} Thu qua lon: toi da {max_bytes // 1024} KB; message too large"
    return f"552 5.3.4 {words.strip()}"


def no_room(mail_id: str) -> str:
    """The memory for mails in flight is used up."""
    return f"{NO_ROOM} {mail_id}"


def bare_line_ends(mail_id: str) -> str:
    """Bare CR or LF from outside."""
    vietnamese = "Thu co ky tu xuong dong le (CR hoac LF khong di doi). Xin bao nguoi quan tri may gui"
    return _reply("550", "5.6.11", [f"{mail_id} {vietnamese}; bare CR or LF: {_REPAIR}"])


def lone_dot(mail_id: str) -> str:
    """A dot between bare line ends: some server could take it for the end of the mail."""
    vietnamese = "Thu co dau cham dung rieng giua cac ky tu xuong dong le. Xin bao nguoi quan tri may gui"
    english = "a dot alone between bare CR or LF could be read as the end of the mail"
    return _reply("550", "5.6.11", [f"{mail_id} {vietnamese}; {english}: {_REPAIR}"])


_REPAIR = "repair the sending program, every line must end with CR LF and neither may stand alone (RFC 5321 2.3.8)"


def loop(mail_id: str) -> str:
    """Too many Received fields."""
    return f"554 5.4.6 {mail_id} Thu chay vong: qua nhieu may chu da chuyen thu nay; mail loop"


def accepted(mail_id: str) -> str:
    """Bytes and rows are on disk."""
    return f"250 2.0.0 {mail_id} accepted and stored"


def accepted_for(address: str, mail_id: str) -> str:
    """Accepted for this one, where each recipient is answered."""
    return f"250 2.1.5 {mail_id} {_shown(address)} accepted and stored"


def each(answers: Sequence[str], whole: str) -> str:
    """What each recipient's answer is, then the whole mail's (draft-hall-prdr-00)."""
    return "\r\n".join((EACH_BEGINS, *answers, whole))


def failure(failure_id: str) -> str:
    """Anything unexpected of ours: the sender keeps the mail.  Says nothing of what went wrong; the id finds it in the log."""
    return f"451 4.3.0 Loi tam thoi, xin gui lai sau; temporary failure, try again later {failure_id}"


def refused(verdict: Verdict, mail_id: str, *, help_url: str, help_phone: str, appeal: str = "", status: str = "") -> str:
    """The policy refused a mail: what was stopped, why, what to do now and on which system, whom to ring.

    ``verdict.office`` is the title of the office system here, not its name: people read it.
    """
    printed = next((e.words for e in verdict.evidence if e.sign is Sign.NUMBER), "")
    number = _NUMBER_SIGN.sub("", fold_to_ascii(printed), count=1)
    what = f"{mail_id} Thu nay da bi chan" + (f": van ban so {number}" if number else "")
    ring = f"Can giup do: goi {help_phone}" if help_phone else "Can giup do: hoi van thu don vi"
    successor = "" if verdict.unit else verdict.target  # a document that belongs to a clerk is for no other address either
    lines = [
        what,
        f"Ly do: {verdict.reason}" if verdict.reason else "",
        f"Can cu: {verdict.clause}" if verdict.clause else "",
        f"{_HAND_IT_OVER} {verdict.office}; khong gui lai thu nay" if verdict.office else "",
        f"Dia chi moi: {successor}" if successor else "",
        ring,
        f"Khong phai van ban phat hanh? Gui y kien tai: {appeal}" if appeal else "",
        f"Xem thu nay da duoc xu ly the nao: {status}" if status else "",
        f"Doc them: {help_url} (ma thu {mail_id})",
    ]
    return _reply("550", "5.1.6" if successor else "5.7.1", [line for line in lines if line])


_NUMBER_SIGN = re.compile(r"^\s*so\b[\s.:]*", re.IGNORECASE)  # the "Số:" that is printed before a number and symbol
_HAND_IT_OVER = "Can lam: chuyen van ban da ky cho van thu don vi de phat hanh tren"


def fold_to_ascii(text: str) -> str:
    """Vietnamese without marks ("Đã chuyển" -> "Da chuyen"); other letters beyond ASCII become "?", controls blanks."""
    marked = unicodedata.normalize("NFD", text.translate(_WITHOUT_MARKS))
    bare = "".join(c for c in marked if not unicodedata.combining(c))
    return "".join(" " if c < " " or c == "\x7f" else c for c in bare.encode("ascii", "replace").decode("ascii"))


_WITHOUT_MARKS = str.maketrans(
    {
        "đ": "d",
        "Đ": "D",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "–": "-",
        "—": "-",
        "…": "...",
        "\u00a0": " ",
        "•": "-",
    }
)  # fmt: skip - one line reads better than eleven


def _shown(address: str) -> str:
    """An address in a reply: a folded one would be another address, so one beyond ASCII is left out."""
    return f"<{address}>" if address.isascii() else "<...>"


def _reply(code: str, enhanced: str, lines: Sequence[str]) -> str:
    """Put the codes before every line (RFC 2034 section 4), and keep each within the limit."""
    width = LINE_OCTETS - len(f"{code} {enhanced} \r\n")
    texts = [part for line in lines for part in textwrap.wrap(fold_to_ascii(line), width) or [""]]
    last = len(texts) - 1
    return "\r\n".join(f"{code}{' ' if n == last else '-'}{enhanced} {text}" for n, text in enumerate(texts))
