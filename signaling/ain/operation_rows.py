"""The rows of the AIN operations: name, private operation code, who invokes it, and its parameters in wire order.

`!` marks a mandatory parameter, `~` one that is mandatory in the published ASN.1 but not insisted on, `|` separates the
alternatives of a choice. Order and tags were verified against tshark 4.0.17, row by row.

No public source gives SendNotification's code: `SEND_NOTIFICATION_OPCODE` is the first free number of its family.
ReportError's code stands in one patent (US 6,047,059); O_Called_Party_Busy's is the gap between its neighbours, its
parameters are taken from oNoAnswer.

Source: ain-wire sections 2.1, 2.2; GR-1299-CORE.
"""

from typing import Final

from ain_scp.signaling.ain.messages import Direction

SEND_NOTIFICATION_OPCODE: Final = 26373  # unconfirmed

TO_SCP: Final = Direction.TO_SCP
TO_SSP: Final = Direction.TO_SSP
BOTH: Final = Direction.BOTH

ROWS: Final[list[tuple[str, int, Direction, str]]] = [
    (
        "infoCollected",
        0x6402,
        TO_SCP,
        (
            "userID! bearerCapability! chargeNumber lata carrier triggerCriteriaType callingPartyID "
            "chargePartyStationType accessCode collectedAddressInfo collectedDigits verticalServiceCode tcm "
            "originalCalledPartyID redirectingPartyID redirectionInformation aCGEncountered amp1 amp2 sap "
            "genericAddressList aMASequenceNumber extensionParameter prefix callingGeodeticLocation "
            "triggerInformation"
        ),
    ),
    (
        "infoAnalyzed",
        0x6403,
        TO_SCP,
        (
            "userID! bearerCapability! calledPartyID lata triggerCriteriaType chargeNumber callingPartyID "
            "callingPartyBGID chargePartyStationType carrier accessCode collectedAddressInfo collectedDigits "
            "verticalServiceCode tcm originalCalledPartyID redirectingPartyID redirectionInformation "
            "aCGEncountered amp1 amp2 sap sTRConnection aMASequenceNumber extensionParameter genericAddressList "
            "networkSpecificFacilities cTRConnection jurisdictionInformation prefix callingGeodeticLocation "
            "triggerInformation"
        ),
    ),
    (
        "failureOutcome",
        0x6404,
        TO_SCP,
        (
            "userID! bearerCapability! notificationIndicator ccID legID bCMType pointInCall failureCause amp1 "
            "amp2 extensionParameter"
        ),
    ),
    (
        "terminationAttempt",
        0x6405,
        TO_SCP,
        (
            "userID! bearerCapability! calledPartyID lata triggerCriteriaType calledPartyStationType "
            "chargeNumber callingPartyID chargePartyStationType tcm originalCalledPartyID redirectingPartyID "
            "redirectionInformation genericName aCGEncountered amp1 amp2 sap sTRConnection aMASequenceNumber "
            "extensionParameter cTRConnection rTPServiceIndicator genericAddressList triggerInformation "
            "callingGeodeticLocation"
        ),
    ),
    (
        "tBusy",
        0x6406,
        TO_SCP,
        (
            "userID! bearerCapability! calledPartyID lata triggerCriteriaType chargeNumber callingPartyID "
            "chargePartyStationType originalCalledPartyID redirectingPartyID redirectionInformation busyCause "
            "busyType calledPartyStationType sap genericName notificationIndicator aCGEncountered amp1 amp2 "
            "sTRConnection aMASequenceNumber extensionParameter cTRConnection triggerInformation"
        ),
    ),
    (
        "tNoAnswer",
        0x6408,
        TO_SCP,
        (
            "userID! bearerCapability! calledPartyID lata triggerCriteriaType chargeNumber callingPartyID "
            "chargePartyStationType originalCalledPartyID redirectingPartyID redirectionInformation "
            "calledPartyStationType sap genericName notificationIndicator aCGEncountered amp1 amp2 "
            "sTRConnection aMASequenceNumber extensionParameter cTRConnection triggerInformation"
        ),
    ),
    (
        "oNoAnswer",
        0x6409,
        TO_SCP,
        (
            "userID! bearerCapability! calledPartyID lata triggerCriteriaType chargeNumber callingPartyID "
            "chargePartyStationType carrier originalCalledPartyID redirectingPartyID redirectionInformation sap "
            "notificationIndicator aCGEncountered amp1 amp2 sTRConnection aMASequenceNumber extensionParameter "
            "cTRConnection prefix triggerInformation"
        ),
    ),
    (
        "tAnswer",
        0x640A,
        TO_SCP,
        "userID! bearerCapability! notificationIndicator amp1 amp2 extensionParameter",
    ),
    (
        "oAnswer",
        0x640B,
        TO_SCP,
        "userID! bearerCapability! notificationIndicator amp1 amp2 extensionParameter",
    ),
    (
        "oTermSeized",
        0x640C,
        TO_SCP,
        "userID! bearerCapability! notificationIndicator amp1 amp2 extensionParameter",
    ),
    (
        "oAbandon",
        0x640E,
        TO_SCP,
        "userID! bearerCapability! ccID pointInCall amp1 amp2 extensionParameter notificationIndicator",
    ),
    (
        "timeout",
        0x6414,
        TO_SCP,
        (
            "userID! bearerCapability! legID bCMType pointInCall ccID aCGEncountered amp1 amp2 "
            "extensionParameter notificationIndicator"
        ),
    ),
    (
        "networkBusy",
        0x6417,
        TO_SCP,
        (
            "userID! bearerCapability! chargeNumber lata triggerCriteriaType callingPartyID "
            "chargePartyStationType calledPartyID tcm originalCalledPartyID carrier redirectingPartyID "
            "redirectionInformation aCGEncountered amp1 amp2 sap aMASequenceNumber extensionParameter "
            "notificationIndicator prefix triggerInformation"
        ),
    ),
    (
        "originationAttempt",
        0x6418,
        TO_SCP,
        (
            "userID! bearerCapability! chargeNumber lata triggerCriteriaType callingPartyID "
            "chargePartyStationType carrier aCGEncountered amp1 amp2 sap aMASequenceNumber extensionParameter "
            "notificationIndicator triggerInformation"
        ),
    ),
    (
        "oDisconnect",
        0x641A,
        TO_SCP,
        (
            "userID! bearerCapability! notificationIndicator amp1 amp2 extensionParameter disconnectCause legID "
            "pointInCall"
        ),
    ),
    (
        "analyzeRoute",
        0x6501,
        TO_SSP,
        (
            "chargeNumber callingPartyID chargePartyStationType calledPartyID outpulseNumber tcm "
            "primaryTrunkGroup alternateTrunkGroup secondAlternateTrunkGroup carrier alternateCarrier "
            "secondAlternateCarrier passiveLegTreatment redirectingPartyID primaryBillingIndicator "
            "alternateBillingIndicator secondAlternateBillingIndicator overflowBillingIndicator "
            "aMAAlternateBillingNumber aMABusinessCustomerID aMALineNumberList aMAslpID~ aMADigitsDialedWCList "
            "amp1 amp2 serviceProviderID|msrID serviceContext aMABillingFeature aMASequenceNumber "
            "redirectionInformation carrierUsage extensionParameter genericAddressList "
            "networkSpecificFacilities callingPartyBGID forwardCallIndicator aMAServiceProviderID prefix "
            "genericDigitsList applyRestrictions displayText genericName"
        ),
    ),
    (
        "authorizeTermination",
        0x6502,
        TO_SSP,
        (
            "callingPartyID tcm controllingLegTreatment displayText primaryBillingIndicator "
            "aMAAlternateBillingNumber aMABusinessCustomerID aMALineNumberList aMAslpID aMADigitsDialedWCList "
            "amp1 amp2 serviceProviderID|msrID serviceContext aMABillingFeature aMASequenceNumber "
            "extensionParameter aMAServiceProviderID genericName"
        ),
    ),
    (
        "disconnect",
        0x6503,
        TO_SSP,
        (
            "primaryBillingIndicator aMAAlternateBillingNumber aMABusinessCustomerID aMALineNumberList aMAslpID "
            "aMADigitsDialedWCList amp1 amp2 serviceProviderID|msrID serviceContext aMABillingFeature "
            "aMASequenceNumber extensionParameter aMAServiceProviderID rTPReroutingNumber"
        ),
    ),
    (
        "offerCall",
        0x6504,
        TO_SSP,
        (
            "callingPartyID controllingLegTreatment displayText primaryBillingIndicator "
            "aMAAlternateBillingNumber aMABusinessCustomerID aMALineNumberList aMAslpID aMADigitsDialedWCList "
            "amp1 amp2 serviceProviderID|msrID serviceContext aMABillingFeature aMASequenceNumber "
            "extensionParameter aMAServiceProviderID genericName"
        ),
    ),
    (
        "collectInformation",
        0x6505,
        TO_SSP,
        (
            "callingPartyID collectedDigits dPConverter primaryBillingIndicator alternateBillingIndicator "
            "secondAlternateBillingIndicator overflowBillingIndicator aMAAlternateBillingNumber "
            "aMALineNumberList aMAslpID aMADigitsDialedWCList amp1 amp2 serviceProviderID|msrID serviceContext "
            "aMABillingFeature aMASequenceNumber extensionParameter alternateDialingPlanInd "
            "aMAServiceProviderID"
        ),
    ),
    (
        "createCall",
        0x6507,
        TO_SSP,
        (
            "calledPartyID! callingPartyID! chargeNumber chargePartyStationType carrier alternateCarrier "
            "secondAlternateCarrier passiveLegTreatment genericAddressList callingPartyBGID "
            "forwardCallIndicator serviceProviderID|msrID serviceContext carrierUsage controllingLegTreatment "
            "userID bearerCapability verticalServiceCode accessCode displayText notificationDuration "
            "wakeUpDuration oSIIndicator primaryBillingIndicator overflowBillingIndicator "
            "aMAAlternateBillingNumber aMABusinessCustomerID aMALineNumberList aMAslpID aMAServiceProviderID "
            "amp1 amp2 extensionParameter prefix"
        ),
    ),
    (
        "continue",
        0x650D,
        TO_SSP,
        (
            "primaryBillingIndicator aMAAlternateBillingNumber aMABusinessCustomerID aMALineNumberList aMAslpID "
            "aMADigitsDialedWCList amp1 amp2 serviceProviderID|msrID serviceContext aMABillingFeature "
            "aMASequenceNumber extensionParameter aMAServiceProviderID"
        ),
    ),
    (
        "sendToResource",
        0x6601,
        TO_SSP,
        (
            "resourceType! strParameterBlock! disconnectFlag answerIndicator primaryBillingIndicator "
            "aMAAlternateBillingNumber aMABusinessCustomerID aMALineNumberList aMAslpID aMADigitsDialedWCList "
            "amp1 amp2 destinationAddress dPConverter aMAMeasure serviceProviderID|msrID serviceContext "
            "aMABillingFeature aMASequenceNumber extensionParameter aMAServiceProviderID extendedRinging "
            "carrier alternateCarrier secondAlternateCarrier carrierUsage chargeNumber chargePartyStationType "
            "tSTRCTimer partyID calledPartyID"
        ),
    ),
    (
        "resourceClear",
        0x6602,
        TO_SCP,
        (
            "clearCause! collectedDigits collectedAddressInfo carrier failureCause amp1 amp2 aMAMeasurement "
            "clearCauseData iPReturnBlock extensionParameter"
        ),
    ),
    (
        "cancelResourceEvent",
        0x6603,
        TO_SSP,
        "amp1 amp2 serviceProviderID|msrID serviceContext extensionParameter",
    ),
    ("callInfoFromResource", 0x6604, TO_SCP, "iPReturnBlock amp1 amp2 extensionParameter"),
    (
        "connectToResource",
        0x6605,
        TO_SSP,
        (
            "resourceType! strParameterBlock! legID disconnectFlag primaryBillingIndicator "
            "aMAAlternateBillingNumber aMABusinessCustomerID aMALineNumberList aMAslpID aMADigitsDialedWCList "
            "amp1 amp2 destinationAddress dPConverter aMAMeasure serviceProviderID|msrID serviceContext "
            "aMABillingFeature aMASequenceNumber aMAServiceProviderID extensionParameter"
        ),
    ),
    (
        "cTRClear",
        0x6606,
        TO_SCP,
        (
            "clearCause! legID ccID bCMType pointInCall collectedDigits collectedAddressInfo carrier "
            "failureCause amp1 amp2 aMAMeasurement clearCauseData iPReturnBlock extensionParameter"
        ),
    ),
    (
        "monitorForChange",
        0x6701,
        TO_SSP,
        (
            "facilityStatus! monitorTime! calledPartyID facilityGID facilityMemberID bearerCapability amp1 amp2 "
            "extensionParameter controlEncountered"
        ),
    ),
    (
        "statusReported",
        0x6702,
        TO_SCP,
        "facilityStatus statusCause failureCause amp1 amp2 extensionParameter",
    ),
    ("monitorSuccess", 0x6703, TO_SCP, "facilityStatus! amp1 amp2 extensionParameter"),
    (
        "terminationNotification",
        0x6704,
        TO_SCP,
        "echoData! terminationIndicator! connectTime busyCause amp1 amp2 extensionParameter",
    ),
    ("updateRequest", 0x6801, TO_SSP, "userID! triggerCriteriaFlag bearerCapability controlEncountered"),
    (
        "acg",
        0x6901,
        TO_SSP,
        (
            "controlCauseIndicator! gapDuration! gapInterval|privateGapInterval! translationType! "
            "globalTitleAddress! extensionParameter"
        ),
    ),
    ("echoRequest", 0x6902, BOTH, "applicationIndicator serviceContext extensionParameter"),
    ("acgGlobalCtrlRestore", 0x6903, TO_SSP, "aCGGlobalOverride! extensionParameter"),
    (
        "acgOverflow",
        0x6904,
        TO_SCP,
        "controlCauseIndicator! translationType! globalTitleAddress! extensionParameter",
    ),
    (
        "controlRequest",
        0x6905,
        TO_SSP,
        (
            "congestionLevel gapInterval|privateGapInterval translationType globalTitleAddress "
            "signalingPointCode subsystemNumber extensionParameter"
        ),
    ),
    ("activityTest", 0x6906, TO_SSP, "transID! extensionParameter"),
    ("callTypeRequest", 0x6907, TO_SSP, "calledPartyID! callingPartyID! extensionParameter"),
    ("setTimer", 0x6909, TO_SSP, "sSPResponseMessageTimerT1"),
    (
        "forwardCall",
        0x6A01,
        TO_SSP,
        (
            "callingPartyID chargeNumber chargePartyStationType calledPartyID outpulseNumber tcm "
            "primaryTrunkGroup alternateTrunkGroup secondAlternateTrunkGroup carrier alternateCarrier "
            "secondAlternateCarrier passiveLegTreatment primaryBillingIndicator alternateBillingIndicator "
            "secondAlternateBillingIndicator overflowBillingIndicator aMAAlternateBillingNumber "
            "aMABusinessCustomerID aMALineNumberList aMAslpID aMADigitsDialedWCList amp1 amp2 "
            "serviceProviderID|msrID serviceContext aMABillingFeature aMASequenceNumber redirectingPartyID "
            "redirectionInformation carrierUsage extensionParameter aMAServiceProviderID prefix "
            "applyRestrictions displayText genericName"
        ),
    ),
    (
        "nCAData",
        0x6B02,
        BOTH,
        (
            "calledPartyID|srhrGroupID! callingPartyID! envelopeEncodingAuthority! envelopContent! "
            "securityEnvelope amp1 amp2 aCGEncountered extensionParameter controlEncountered"
        ),
    ),
    ("furnishAMAInformation", 0x6C01, TO_SSP, "aMABAFModules aMASetHexABIndicator"),
    (
        "requestReportBCMEvent",
        0x6D01,
        TO_SSP,
        (
            "eDPRequest eDPNotification oNoAnswerTimer tNoAnswerTimer extensionParameter timeoutTimer "
            "oDTMFDigitsString oDTMFNumberOfDigits tDTMFDigitString tDTMFNumberOfDigits"
        ),
    ),
    ("close", 0x6E01, BOTH, "userID bearerCapability closeCause amp1 amp2 extensionParameter"),
    ("sendNotification", SEND_NOTIFICATION_OPCODE, TO_SSP, "echoData!"),
    (
        "oCalledPartyBusy",
        0x6407,
        TO_SCP,
        (
            "userID! bearerCapability! calledPartyID lata triggerCriteriaType chargeNumber callingPartyID "
            "chargePartyStationType carrier originalCalledPartyID redirectingPartyID redirectionInformation "
            "busyCause sap notificationIndicator aCGEncountered amp1 amp2 sTRConnection aMASequenceNumber "
            "extensionParameter cTRConnection prefix triggerInformation"
        ),
    ),
    ("reportError", 0x6F01, BOTH, "applicationErrorString!"),
]
