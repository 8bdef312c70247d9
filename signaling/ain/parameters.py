"""Every parameter of AIN: name, tag, type and limits, one row each.

The name is the standard's. A tag is the identifier octets as one number. A CHOICE without an outer tag (gapInterval,
serviceProviderID, the id of nCAData) is one row per alternative: `gapInterval` is the national scale, `privateGapInterval`
the other; `serviceProviderID` is the OCN text, `msrID` the number.

Value types: Digits for AINDigits; int, or a member of the table, for INTEGER and ENUMERATED; bool; bytes for OCTET STRING;
str for trunk groups ("0000-0174"), aMAslpID (nine digits), globalTitleAddress and BIT STRINGs ("0101"); the records of
`ain_scp.signaling.ain.structures` for the rest.

Source: ain-wire sections 3.2-3.4; tags and sizes from the GR-1299-CORE ASN.1 as Wireshark publishes it.
"""

from typing import Final

from ain_scp.signaling import ber
from ain_scp.signaling.ain import gapping, values
from ain_scp.signaling.ain.constructed_types import (
    AMAMeasurementType,
    DigitsListType,
    OctetsListType,
    StrParameterBlockType,
    TaggedListType,
    UserIDType,
)
from ain_scp.signaling.ain.error_types import ApplicationErrorType, ExtensionType, TimeoutTimerType
from ain_scp.signaling.ain.parameter_types import (
    CALLED,
    CALLING,
    CHARGE,
    NOT_USED,
    SUBSCRIBER,
    AsciiType,
    BcdType,
    BitStringType,
    BooleanType,
    DigitsType,
    EnumType,
    IntegerType,
    NullType,
    ParameterType,
)
from ain_scp.signaling.ain.structured_types import (
    AMAslpIDType,
    BillingIndicatorType,
    CarrierType,
    CauseType,
    ConnectTimeType,
    ControlCauseType,
    MonitorTimeType,
    RedirectionType,
    TrunkGroupType,
)
from ain_scp.signaling.ain.structures import EventDetectionPoint

_DISPLAY: Final[dict[int, str]] = {
    0x80: "blank",
    0x81: "skip",
    0x82: "continuation",
    0x83: "calledAddress",
    0x84: "cause",
    0x85: "progressIndicator",
    0x86: "notificationIndicator",
    0x87: "prompt",
    0x88: "accumulatedDigits",
    0x89: "status",
    0x8A: "inband",
    0x8B: "callingAddress",
    0x8C: "reason",
    0x8D: "callingPartyName",
    0x8E: "calledPartyName",
    0x8F: "originalCalledName",
    0x90: "redirectingName",
    0x91: "connectedName",
    0x92: "origRestrictions",
    0x93: "dateTimeOfDay",
    0x94: "callAppearanceID",
    0x95: "featureAddress",
    0x96: "redirectionName",
    0x97: "redirectionNumber",
    0x98: "redirectingNumber",
    0x99: "originalCalledNumber",
    0x9A: "connectedNumber",
    0x9E: "text",
    0x9F1F: "redirectingReason",
}
_EDP_NAMES: Final = [one.name.lower().replace("_", " ") for one in EventDetectionPoint]
_RESOURCE_TYPES: Final[dict[int, str]] = {0: "play announcement", 1: "play announcement and collect digits"}
_CLEAR_CAUSES: Final[dict[int, str]] = {0: "normal (unconfirmed)"}


class Parameter:
    """One parameter: its name, tag, identifier octets and type."""

    def __init__(self, name: str, tag: int, type_: ParameterType) -> None:
        self.name = name
        self.tag = tag
        self.identifier = ber.identifier(tag)
        self.type = type_


_ROWS: Final[list[tuple[str, int, ParameterType]]] = [
    ("accessCode", 0x81, DigitsType(1, 5, NOT_USED)),
    ("aCGEncountered", 0x82, ControlCauseType()),
    ("alternateBillingIndicator", 0x83, BillingIndicatorType()),
    ("alternateCarrier", 0x84, CarrierType()),
    ("alternateTrunkGroup", 0x85, TrunkGroupType()),
    ("aMAAlternateBillingNumber", 0x86, DigitsType(1, 11, SUBSCRIBER)),
    ("aMABusinessCustomerID", 0x87, DigitsType(11, 11, NOT_USED)),
    ("aMADigitsDialedWCList", 0x30, DigitsListType(0x88, 3, 27, 5)),
    ("aMALineNumberList", 0x30, DigitsListType(0x89, 3, 15, 2)),
    ("aMAslpID", 0x8A, AMAslpIDType()),
    ("amp1", 0x8B, ParameterType(6, 6)),
    ("answerIndicator", 0x8C, NullType()),
    ("bearerCapability", 0x8D, EnumType(values.BearerCapability)),
    ("busyCause", 0x8E, CauseType()),
    ("calledPartyID", 0x8F, DigitsType(0, 15, CALLED)),
    ("calledPartyStationType", 0x90, IntegerType(0, 99)),
    ("callingPartyBGID", 0x91, ParameterType(7, 7)),
    ("callingPartyID", 0x92, DigitsType(3, 15, CALLING)),
    ("chargeNumber", 0x93, DigitsType(0, 10, CHARGE)),
    ("chargePartyStationType", 0x94, IntegerType(0, 99)),
    ("clearCause", 0x95, IntegerType(0, 255, "", _CLEAR_CAUSES)),
    ("collectedAddressInfo", 0x96, DigitsType(0, 15, CALLED)),
    ("collectedDigits", 0x97, DigitsType(0, 32, NOT_USED)),
    ("controllingLegTreatment", 0x98, EnumType(values.LegTreatment)),
    ("disconnectFlag", 0x99, NullType()),
    ("displayText", 0xBA, TaggedListType(1, 15, _DISPLAY)),
    ("facilityGID", 0x9D, IntegerType(1, 2047, "(multiline hunt group)")),
    ("facilityMemberID", 0x9F1F, IntegerType(1, 2047)),
    ("failureCause", 0x9F20, EnumType(values.FailureCause)),
    ("genericName", 0x9F21, ParameterType()),
    ("lata", 0x9F23, DigitsType(3, 3, NOT_USED)),
    ("originalCalledPartyID", 0x9F24, DigitsType(3, 15, CALLING)),
    ("outpulseNumber", 0x9F25, DigitsType(0, 15, CALLED)),
    ("overflowBillingIndicator", 0x9F26, BillingIndicatorType()),
    ("passiveLegTreatment", 0x9F27, EnumType(values.LegTreatment)),
    ("primaryBillingIndicator", 0x9F28, BillingIndicatorType()),
    ("carrier", 0x9F29, CarrierType()),
    ("primaryTrunkGroup", 0x9F2A, TrunkGroupType()),
    ("redirectingPartyID", 0x9F2B, DigitsType(3, 15, CALLING)),
    ("redirectionInformation", 0x9F2C, RedirectionType()),
    ("resourceType", 0x9F2D, IntegerType(0, 127, "", _RESOURCE_TYPES)),
    ("secondAlternateBillingIndicator", 0x9F2E, BillingIndicatorType()),
    ("secondAlternateCarrier", 0x9F2F, CarrierType()),
    ("secondAlternateTrunkGroup", 0x9F30, TrunkGroupType()),
    ("strParameterBlock", 0xBF32, StrParameterBlockType()),
    ("tcm", 0x9F33, DigitsType(1, 4, NOT_USED)),
    ("triggerCriteriaType", 0x9F34, EnumType(values.TriggerCriteriaType)),
    ("userID", 0xBF35, UserIDType()),
    ("verticalServiceCode", 0x9F36, DigitsType(0, 10, NOT_USED)),
    ("applicationErrorString", 0xBF37, ApplicationErrorType()),
    ("connectTime", 0x9F3A, ConnectTimeType()),
    ("controlCauseIndicator", 0x9F3B, ControlCauseType()),
    ("echoData", 0x9F3C, ParameterType(6, 6)),
    ("facilityStatus", 0x9F3D, EnumType(values.FacilityStatus)),
    ("gapDuration", 0x9F3E, EnumType(gapping.GapDuration)),
    ("gapInterval", 0x9F3F, EnumType(gapping.GapInterval)),
    ("privateGapInterval", 0x9F40, EnumType(gapping.PrivateGapInterval)),
    ("monitorTime", 0x9F41, MonitorTimeType()),
    ("statusCause", 0x9F42, EnumType(values.StatusCause)),
    ("terminationIndicator", 0x9F43, ParameterType(1, 1)),
    ("triggerCriteriaFlag", 0x9F44, ParameterType(2, 2)),
    ("globalTitleAddress", 0x9F45, BcdType()),
    ("translationType", 0x9F46, IntegerType(0, 255)),
    ("aMAMeasure", 0x9F47, EnumType(values.AMAMeasure)),
    ("closeCause", 0x9F48, EnumType(values.CloseCause)),
    ("aMAMeasurement", 0xBF49, AMAMeasurementType()),
    ("clearCauseData", 0x9F4A, ParameterType(1, 20)),
    ("envelopContent", 0x9F4B, ParameterType(1, 180)),
    ("dPConverter", 0x9F4C, BooleanType()),
    ("srhrGroupID", 0x9F4D, IntegerType(0, 0x7FFFFFFF)),  # limits unconfirmed
    ("iPReturnBlock", 0x9F4E, ParameterType(1, 120)),
    ("carrierUsage", 0x9F4F, EnumType(values.CarrierUsage)),
    ("sap", 0x9F51, ParameterType(1, 10)),
    ("aMASetHexABIndicator", 0x9F52, BooleanType()),
    ("serviceContext", 0x9F53, IntegerType(0, 32767)),
    ("extensionParameter", 0xBF54, ExtensionType()),
    ("securityEnvelope", 0x9F55, ParameterType(3, 75)),
    ("destinationAddress", 0x9F56, DigitsType(10, 10, SUBSCRIBER)),
    ("serviceProviderID", 0x9F57, AsciiType(4, 8)),
    ("aMABillingFeature", 0x9F58, DigitsType(4, 24, NOT_USED)),
    ("aMASequenceNumber", 0x9F59, ParameterType(2, 2)),
    ("applicationIndicator", 0x9F5A, EnumType(values.ApplicationIndicator)),
    ("oNoAnswerTimer", 0x9F5B, IntegerType(1, 120, "s")),
    ("eDPRequest", 0x9F5C, BitStringType(_EDP_NAMES)),
    ("eDPNotification", 0x9F5D, BitStringType(_EDP_NAMES)),
    ("busyType", 0x9F5E, EnumType(values.BusyType)),
    ("aMABAFModules", 0x9F5F, ParameterType(2, 128)),
    ("sTRConnection", 0x9F60, BooleanType()),
    ("envelopeEncodingAuthority", 0x9F62, ParameterType(1, 64)),
    ("tNoAnswerTimer", 0x9F63, IntegerType(1, 120, "s")),
    ("aMAServiceProviderID", 0x9F65, ParameterType(7, 7)),
    ("msrID", 0x9F6A, DigitsType(0, 15, SUBSCRIBER)),  # limits unconfirmed
    ("genericAddressList", 0xBF6B, OctetsListType(0x9F50, 4, 11, 5)),
    ("networkSpecificFacilities", 0x9F6C, ParameterType(2, 12)),
    ("amp2", 0xBF6D, TaggedListType(0, 64)),
    ("aCGGlobalOverride", 0x9F6E, EnumType(gapping.ACGGlobalOverride)),
    ("notificationIndicator", 0x9F6F, BooleanType()),
    ("failureCauseData", 0x9F70, ParameterType(1, 5)),
    ("forwardCallIndicator", 0x9F71, ParameterType(2, 2)),
    ("alternateDialingPlanInd", 0x9F73, DigitsType(10, 10, NOT_USED)),
    ("disconnectCause", 0x9F74, EnumType(values.DisconnectCause)),
    ("congestionLevel", 0x9F75, EnumType(values.CongestionLevel)),
    ("controlEncountered", 0x9F7F, ControlCauseType()),
    ("notificationDuration", 0x9F8100, IntegerType(1, 99)),
    ("oSIIndicator", 0x9F8101, BooleanType()),
    ("subsystemNumber", 0x9F8102, IntegerType(0, 255)),
    ("wakeUpDuration", 0x9F8103, IntegerType(1, 999)),
    ("legID", 0x9F8104, IntegerType(0, 2)),
    ("ccID", 0x9F8105, EnumType(values.CallConfigurationID)),
    ("bCMType", 0x9F8106, EnumType(values.BCMType)),
    ("pointInCall", 0x9F8107, EnumType(values.PointInCall)),
    ("timeoutTimer", 0xBF810B, TimeoutTimerType()),
    ("cTRConnection", 0x9F810D, BooleanType()),
    ("signalingPointCode", 0x9F810E, ParameterType(3, 3)),
    ("rTPReroutingNumber", 0x9F810F, DigitsType(3, 15, CALLED)),
    ("rTPServiceIndicator", 0x9F8110, ParameterType(1, 1)),
    (
        "extendedRinging",
        0x9F8112,
        NullType(),
    ),  # partyOnHold has the same tag in the published ASN.1; not offered here
    ("jurisdictionInformation", 0x9F8113, ParameterType(3, 3)),
    ("prefix", 0x9F8114, EnumType(values.Prefix)),
    ("genericDigitsList", 0xBF8116, OctetsListType(0x9F8115, 2, 11, 5)),
    ("applyRestrictions", 0x9F8118, BitStringType([])),
    ("oDTMFDigitsString", 0x9F811A, DigitsType(1, 4, NOT_USED)),
    ("oDTMFNumberOfDigits", 0x9F811B, IntegerType(1, 4)),
    ("tSTRCTimer", 0x9F811C, IntegerType(0, 300, "min")),
    ("tDTMFDigitString", 0x9F811D, DigitsType(1, 4, NOT_USED)),
    ("tDTMFNumberOfDigits", 0x9F811E, IntegerType(1, 4)),
    ("partyID", 0x9F811F, EnumType(values.PartyID)),
    ("callingGeodeticLocation", 0x9F8122, ParameterType(8, 13)),
    ("transID", 0x9F8123, ParameterType(4, 4)),
    ("actResult", 0x9F8124, EnumType(values.ActivityResult)),
    ("callType", 0x9F8125, EnumType(values.CallType)),
    ("sSPResponseMessageTimerT1", 0x9F8126, IntegerType(1, 300, "tenths of seconds")),
    ("triggerInformation", 0x04, ParameterType()),
]

PARAMETERS: Final[dict[str, Parameter]] = {name: Parameter(name, tag, type_) for name, tag, type_ in _ROWS}
"""Every parameter by the standard's name."""

NAMES: Final[dict[int, str]] = {tag: name for name, tag, _ in _ROWS if tag != 0x30}
"""The parameter each tag names anywhere in AIN, for showing one that an operation does not have."""
