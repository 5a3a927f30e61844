"""Microsoft's numbers (AADSTS…) that diagnosis.md does not list, by finding.

They come from learn.microsoft.com, reference-error-codes, and from practice. What is
found by them alone is called likely; so is a number that nobody lists, which falls back
to the family that its first digits stand for. Numbers of diagnosis.md: rows_entra_*.
"""

from __future__ import annotations

# Numbers that only say that another one follows.
WRAPPERS = frozenset({70002, 70000, 50000, 90023})

MORE: dict[str, tuple[int, ...]] = {
    "entra-wrong-password": (50052, 50054, 120000, 130005),
    "entra-password-changed": (
        50125, 50142, 120002, 120003, 120004, 120005, 120008, 120011, 120012, 120013,
        120014, 120015, 120016, 120018, 120020, 120021, 50063,
    ),
    "entra-user-unknown": (90022, 500341, 51008, 650055),
    "entra-mfa-registration": (53010,),
    "entra-mfa-required": (
        500121, 50088, 50087, 500119, 50086, 54008, 500125, 500126, 50073,
    ),
    "entra-external-mfa": (50177,),
    "entra-device-sign-in": (
        50099, 50005, 700003, 135010, 135011, 130004, 130006, 130007, 130008, 50130,
        501314, 50192, 221000, 240001,
    ),
    "entra-device-compliance": (530001, 530002, 530003, 530021, 530022, 530033),
    "entra-approved-app": (53009, 50127, 501271, 501291),
    "entra-conditional-access": (
        50178, 530031, 530004, 530084, 90123, 530036, 530037, 70037,
    ),
    "entra-sign-in-frequency": (70044,),
    "token-interaction-required": (
        50140, 50199, 50168, 51006, 16001, 16002, 700020, 9002333, 50127001,
    ),
    "entra-not-assigned": (501051,),
    "entra-consent-missing": (90008, 90093, 650058, 1003031, 50206, 90091, 90096),
    "entra-admin-consent": (900941, 90099, 50207, 650051, 90097, 90098, 90092),
    "entra-resource-off": (500014, 650059, 51000),
    "entra-resource-unknown": (50010,),
    "entra-scope-invalid": (650053, 90009, 700027001, 901002, 1002013),
    "entra-app-unknown": (
        700019, 90112, 7000110, 900142, 9002318, 700018, 1000000,
    ),
    "entra-tenant-malformed": (900021, 900022, 23),
    "entra-account-disabled": (500571, 50043, 54000, 50015),
    "entra-public-flow-off": (7000217,),
    "entra-app-disabled": (1000031,),
    "oauth-client-secret": (7000216, 7000219),
    "entra-certificate-refused": (
        50006, 50007, 50017, 50027, 50032, 50048, 5000819, 50042, 700021, 700026,
        700211, 700212,
        700213, 700214, 700215, 700222, 700223, 5000811, 50003, 50146001, 700031,
        500031, 500032, 500173, 500181, 500182, 220501, 700032, 7000213, 7000214,
        7002131, 7002121,
    ),
    "entra-tenant-missing": (50107, 50169, 51001, 5000224, 5000225, 90020),
    "entra-tenant-common": (90010,),
    "entra-work-only-app": (9002331, 9002346),
    "entra-foreign-account": (
        90072, 500200, 500201, 500202, 500207, 16003, 160021, 50136, 50197, 90084,
    ),
    "entra-other-cloud": (90043, 900439, 900384, 90027, 9001011),
    "entra-authority-unknown": (50050, 900561),
    "entra-field-missing": (
        90004, 90013, 90015, 90056, 90016, 90101, 90102, 90104, 900971001, 9002317,
    ),
    "entra-flow-not-allowed": (70005, 70007, 700051, 7000113, 7000114, 7000117),
    "entra-redirect-unregistered": (
        500111, 50029, 50147, 500112, 500113, 500117, 700009, 9001014, 900147,
    ),
    "entra-single-page-app": (9002325, 9002326, 9002327),
    "entra-code-used": (50143, 50148, 501491),
    "entra-refresh-token-ended": (
        50058, 50085, 50139, 700081, 90086, 7000012, 70046, 90087, 90088, 90089, 140000,
        140001,
    ),
    "entra-device-code-ended": (70020, 90119, 90120),
    "entra-service-down": (
        50000, 40008, 40010, 50134, 17003, 70012, 90005, 90007, 90025, 90036, 50162,
        50163, 501621, 1000002,
    ),
    "entra-agent-unreachable": (80010,),
    "federation-refused": (
        20001, 20012, 20033, 40009, 40015, 50008, 50120, 50170, 50180, 81004, 81005,
        81006, 81007, 81009, 81010, 81011, 81012, 81013, 50124, 501241, 500082, 500083,
        500089, 90081, 90082, 90085,
    ),
    "entra-consent-other": (90023, 7000229),
    "entra-registration-other": (50146, 700054, 67003, 100007, 240002),
    # What a program sends itself: no setting mends it.
    "program-fault": (
        9000411, 50061, 50068, 50070, 50071, 51005, 165004, 165900, 220450,
    ),
}  # fmt: skip

# First digits, most telling first: the family of a number that nobody lists.
FAMILIES: tuple[tuple[str, str], ...] = (
    ("9002", "entra-registration-other"),
    ("7002", "entra-certificate-refused"),
    ("9001", "entra-tenant-common"),
    ("9003", "entra-other-cloud"),
    ("9004", "entra-other-cloud"),
    ("53", "entra-conditional-access"),
    ("65", "entra-consent-other"),
    ("70", "entra-registration-other"),
    ("75", "entra-registration-other"),
    ("76", "entra-registration-other"),
    ("80", "entra-agent-unreachable"),
    ("81", "federation-refused"),
    ("12", "entra-account-other"),
    ("13", "entra-conditional-access"),
    ("14", "entra-refresh-token-ended"),
    ("50", "entra-account-other"),
    ("51", "entra-account-other"),
    ("16", "token-interaction-required"),
    ("17", "entra-service-down"),
    ("40", "entra-service-down"),
    ("20", "federation-refused"),
    ("67", "entra-registration-other"),
)
# Of a number without a family, where nothing else in a text tells.
NO_FAMILY = "entra-registration-other"


def family(number: int) -> str:
    """Id of the finding of a number's family; "" when its digits say nothing."""
    digits = str(number)
    return next((id for start, id in FAMILIES if digits.startswith(start)), "")
