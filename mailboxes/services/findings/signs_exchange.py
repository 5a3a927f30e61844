"""Signs by the codes of Exchange Web Services and Graph that name their step.

Source: learn.microsoft.com, ResponseCode (EWS) and Graph error responses; what each
means for a setup is ours. Codes that need words beside them stand in signs_http.
"""

from __future__ import annotations

from .sign import AFTER, STRONG, table

_CODES: dict[str, str] = {
    "ews-access-denied": (
        "ErrorDelegateMissingConfiguration ErrorDelegateNoUser ErrorNotDelegate"
        " ErrorDelegateValidationFailed ErrorCreateItemAccessDenied"
        " ErrorRightsManagementPermissionDenied ErrorNoFreeBusyAccess"
        " ErrorTokenSerializationDenied ErrorDeleteDistinguishedFolder"
        " ErrorMoveDistinguishedFolder ErrorCannotDeleteObject"
    ),
    "graph-user-unknown": (
        "ErrorNonExistentMailbox ErrorInvalidSmtpAddress ErrorInvalidUserSid"
        " ErrorInvalidSid ErrorNonPrimarySmtpAddress ErrorInvalidMailbox"
        " ErrorNameResolutionNoResults ErrorNameResolutionMultipleResults"
        " ErrorNameResolutionNoMailbox"
    ),
    "ews-no-mailbox": "ErrorUnsupportedMailbox",
    "ews-server-busy": "ErrorInsufficientResources ErrorTooManyContactsRequest",
    "ews-mailbox-moving": (
        "ErrorADOperation ErrorADSessionFilter ErrorMailboxFailover ErrorQueryTimeout"
        " ErrorWin32InteropError ErrorCrossSiteRequest ErrorContentIndexingNotEnabled"
        " ErrorServiceDiscoveryFailed ErrorProxyRequestProcessingFailed"
        " ErrorProxyCallFailed ErrorProxyServiceDiscoveryFailed"
    ),
    "folder-missing": (
        "ErrorFolderExists ErrorParentFolderIdRequired ErrorInvalidParentFolder"
        " ErrorFolderPropertRequestFailed ErrorMoveCopyFailed"
        " ErrorPublicFolderMailboxDiscoveryFailed ErrorSyncFolderNotFound"
        " ErrorSavedItemFolderNotFound"
    ),
    "ews-sync-state-lost": (
        "ErrorSubscriptionUnsubscribed ErrorMissedNotificationEvents"
        " ErrorEventNotFound ErrorReadEventsFailed ErrorNewEventStreamConnectionOpened"
    ),
    "graph-item-gone": (
        "ErrorStaleObject ErrorInvalidChangeKey ErrorInvalidIdEmpty ErrorInvalidId"
        " ErrorInvalidIdXml ErrorInvalidIdTooLong ErrorInvalidIdMonikerTooLong"
        " ErrorInvalidIdStoreObjectIdTooLong ErrorObjectTypeChanged"
    ),
    "graph-mime-invalid": (
        "ErrorMimeContentConversionFailed ErrorContentConversionFailed"
        " ErrorCorruptData ErrorItemCorrupt ErrorItemPropertyRequestFailed"
        " ErrorItemSave ErrorItemSavePropertyError ErrorInvalidAttachmentSubfilter"
        " ErrorPropertyValidationFailure"
    ),
    "smtp-content-refused": "ErrorVirusDetected ErrorVirusMessageDeleted",
    "ews-quota": "ErrorMessagePerFolderCountReceiveQuotaExceeded",
    "password-refused": "ErrorPasswordExpired ErrorPasswordChangeRequired",
    "program-fault": (
        "ErrorSchemaValidation ErrorInvalidPropertySet ErrorInvalidPropertyRequest"
        " ErrorInvalidPropertyForOperation ErrorUnsupportedPathForQuery"
        " ErrorUnsupportedPropertyDefinition ErrorInvalidOperation ErrorMissingArgument"
        " ErrorInvalidPagingMaxRows ErrorRestrictionTooComplex ErrorRestrictionTooLong"
        " ErrorUnsupportedQueryFilter ErrorSendMeetingInvitationsRequired"
        " ErrorMessageDispositionRequired ErrorInvalidFractionalPagingParameters"
        " ErrorInvalidIndexedPagingParameters ErrorUnsupportedTypeForConversion"
        " ErrorInvalidValueForProperty ErrorUpdatePropertyMismatch"
        " ErrorDuplicateSOAPHeader ErrorTimeZone"
    ),
}

SIGNS = table(
    AFTER,
    [
        (id, STRONG, rf"\b(?:{'|'.join(codes.lower().split())})\b")
        for id, codes in _CODES.items()
    ],
)
