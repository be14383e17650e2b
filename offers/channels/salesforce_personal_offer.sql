-- One row per message: a record of Personal_Offer__c. The contact is found by the shop's id: no address leaves.
select
    offer_key as "Offer_Key__c",
    customer_id as "Contact__r.Customer_Key__c",
    offer_status as "Status__c",
    channel as "Channel__c",
    offer_text as "Text__c",
    price_notice as "Price_Notice__c",
    how_to_use as "How_To_Use__c",
    terms as "Terms__c",
    terms_url as "Terms_Url__c",
    value_minor as "Value__c",
    $shop_currency as "Currency__c",
    valid_from as "Valid_From__c",
    valid_until as "Valid_To__c",
    code as "Code__c",
    wave_id as "Wave__c"
from channel_message
where offer_status = $offer_status
order by "Offer_Key__c"
