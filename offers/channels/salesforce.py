"""Salesforce, Bulk API 2.0: one record of a custom object per offer, upserted by its key."""

from offers.channels import tables
from offers.channels.contract import MEGABYTE, Column, FileContract, Limits, Target
from offers.channels.formats import Csv

COLUMNS = (
    Column("Offer_Key__c", "text", "External id of the offer: the job's externalIdFieldName.", 24),
    Column(
        "Contact__r.Customer_Key__c", "text", "The contact, by its external id: customer in the shop's own ids.", 255
    ),
    Column("Status__c", "text", "offered; `withdrawn` ends the offer.", 9),
    Column("Channel__c", "text", "Way to tell the customer.", 5, may_be_empty=True),
    Column("Text__c", "text", "The sentence; a long text area. Cleared when the offer ended.", 1000, may_be_empty=True),
    Column("Price_Notice__c", "text", "Notice of a personalised price; cleared where none.", 1000, may_be_empty=True),
    Column("How_To_Use__c", "text", "How the customer uses it; cleared when it ended.", 255, may_be_empty=True),
    Column("Terms__c", "text", "Terms that go with it, a long text area; cleared where none.", 1000, may_be_empty=True),
    Column("Terms_Url__c", "text", "Page with all terms, a URL; cleared where none.", 255, may_be_empty=True),
    Column("Value__c", "money", "What the offer is worth to the customer; cleared when it ended.", may_be_empty=True),
    Column("Currency__c", "text", "ISO 4217 code.", 3),
    Column("Valid_From__c", "date", "First day it counts."),
    Column("Valid_To__c", "date", "Last day it counts; of an ended offer the night that took it back."),
    Column("Code__c", "text", "Code the customer shows or types.", 80, may_be_empty=True),
    Column("Wave__c", "text", "Campaign and night.", 255),
)

TARGET = Target(
    name="salesforce",
    title="Salesforce, Bulk API 2.0: Personal_Offer__c",
    files=(
        FileContract(
            name="personal_offer",
            title="Records of Personal_Offer__c",
            sql=tables.query("salesforce_personal_offer"),
            columns=COLUMNS,
            key=("Offer_Key__c",),
            # An empty cell would be ignored; the word clears the field.
            format=Csv(null="#N/A"),
            # 150 MB after base64.
            limits=Limits(bytes=100 * MEGABYTE),
            empty_cell="clears",
        ),
    ),
    setup=(
        "Make the object `Personal_Offer__c` with these fields (`Offer_Key__c` unique external id) and the external id "
        "`Customer_Key__c` on Contact. Job: operation `upsert`, `externalIdFieldName` `Offer_Key__c`, `lineEnding` LF, "
        "`columnDelimiter` COMMA; then PUT each file and PATCH `UploadComplete`."
    ),
)
