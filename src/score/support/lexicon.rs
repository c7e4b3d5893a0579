//! The phrases by which an action is recognised, as a small grammar in English and Romanian.
//!
//! A phrase is a pattern over folded text (lower case, straight apostrophes, no Romanian diacritics) in
//! which `<name>` stands for a class of words. What marks not knowing is a construction, not a sentence:
//! somebody (`<i>`) or a source (`<source>`) together with the lack of something that can be known
//! (`<info>`, `<said>`). A statement about products, prices or rules has none of the two.

use crate::case::Action;

/// Classes of words; a class may use those below it.
const CLASSES: &[(&str, &str)] = &[
    // Who does not know.
    ("i", r"(?:i|we)"),
    ("dont", r"(?:do not|don't|dont|did not|didn't)"),
    (
        "cannot",
        r"(?:(?:(?:'m|'re|am|are|was|were)<adv> (?:unable|not able)|(?:have not|haven't|'ve not) been able|wasn't able|weren't able|(?:would not|wouldn't|won't|will not) be able) to|cannot|can not|can't|cant|could not|couldn't)",
    ),
    ("adv", r"(?: (?:[a-z]+ly|currently|just|also|still|really|even|yet|either|quite))*"),
    // What can be known.
    (
        "info",
        r"(?:information|info|details?|data|knowledge|answers?|specifics|documentation|figures?|insights?|idea|clue|facts|records?|guidance|context|mention|instructions|recommendations?|list|opinions?|preferences?|numbers?|estimates?|predictions?|projections?|statistics|tips|advice|suggestions|thoughts)",
    ),
    ("news", r"(?:information|info|details?|data|answers?|specifics|knowledge|mention)"),
    ("exact", r"(?:exact|specific|precise|definite|definitive|real-time|up-to-date)"),
    // Where it could be found.
    (
        "source",
        r"(?:passages?|articles?|documents?|documentation|docs|contexts?|sources?|knowledge ?bases?|help cent(?:er|re)|texts?|excerpts?|materials?|manuals?|guides?|faqs?|search results|records|knowledge|information|references|files)",
    ),
    (
        "given",
        r"(?: (?:provided|given|available|above|below|here|i|we|you|have|has|had|been|was|were|access|to|at|hand|my|our|the|in|on|from|for|this|these|disposal|shared|retrieved|returned|supplied|that|currently|itself|they|can|could|see|read|find|found))*",
    ),
    (
        "said",
        r"(?:mentioned|specified|covered|included|provided|listed|stated|documented|described|available|addressed|given|found|present|explained|indicated|discussed|answered|contained|detailed|clarified|disclosed|revealed|shown)",
    ),
    (
        "says",
        r"(?:mention|contain|include|specify|say|cover|provide|state|give|list|explain|describe|indicate|address|discuss|answer|have|clarify|detail|tell|offer|reveal|show|refer|talk about|go into|touch on|deal with|speak of|identif|elaborate)(?:y|s|es|ies)?",
    ),
    ("settled", r"(?:answered|determined|inferred|ascertained|deduced|established)"),
    // Who takes over.
    (
        "helper",
        r"(?:agents?|human|colleagues?|specialists?|representatives?|someone|advis[oe]rs?|supervisor|manager|technicians?|experts?|(?:[\w-]+ )?(?:team|department))",
    ),
    // Romanian.
    ("nu", r"(?:nu(?:-(?:ti|mi|ne|va|i|l|o|le))?(?: (?:iti|va|imi|ne|le|ii|mai|inca|prea))*)"),
    ("nuam", r"(?:nu(?: mai| inca)? (?:am|avem|detin|detinem|dispun|dispunem|posed)|n-(?:am|avem))"),
    (
        "ro-info",
        r"(?:informati\w*|detali\w*|raspuns\w*|date(?:le)?|cunostint\w*|idee|acces|recomandar\w*|habar)",
    ),
    (
        "ro-news",
        r"(?:informatia|informatie|informatiile|informatii|detaliile|detalii|raspunsul|datele|detaliul)",
    ),
    ("ro-source", r"(?:articol|document|pasaj|surs|informati|text|context|baza|material|manual|ghid)\w*"),
    (
        "ro-says",
        r"(?:mentioneaza|contine?|contin|precizeaza|specifica|includ\w*|ofera|acopera|spun\w*|indica|prevad\w*|explica|trateaza|raspund\w*|fac\w* referire|clarifica)",
    ),
    ("ro-said", r"(?:mentionat|specificat|precizat|documentat|descris|acoperit|clarificat)[aei]?"),
];

/// Not knowing: the first person lacks information, or the sources say nothing.
const ABSTAIN: &[&str] = &[
    // Somebody lacks something that can be known.
    r"\b<i><adv> <dont><adv>(?: seem to)? (?:have|possess|hold)(?: access to)?(?: [\w'-]+){0,4}? <info>\b",
    r"\b<i><adv> <dont><adv> have(?: access to)?(?: an?| the| any| your)?(?: [\w'-]+)? ?<exact> [\w-]+",
    r"\b<i><adv> <dont><adv> have (?:anything|any) (?:documented|on (?:that|this|it)|about|regarding)\b",
    r"\b<i> (?:only|just) have <news> (?:about|on|regarding|for)\b",
    r"\b<i><adv> (?:do not|don't) (?:think|believe) (?:i|we) (?:have|know|can (?:answer|say|help|tell))\b",
    r"\bi<adv> <dont><adv> have(?: any| direct| the| real-time)? (?:access|visibility|ability|a way|means) (?:to|into|of)\b",
    r"\b<i> <dont><adv> have (?:that|this|it|one|those|these)\b(?: (?:here|available|yet|at hand|on hand))?[.!,]",
    r"\b<i> (?:have not|haven't|'ve not) got(?: [\w'-]+){0,3}? <info>\b",
    r"\b<i>(?: have not been| haven't been| was not| wasn't| were not| weren't|'ve not been)(?: [a-z]+ly)? (?:given|provided|told|shown)\b",
    r"\b<i><adv> (?:lack|am missing|'m missing)(?: [\w'-]+){0,3}? <info>\b",
    r"\b<i>(?:'ve| have| found| see| find| got| could find| can find)(?: found| got| seen)? (?:no|little|limited|insufficient) (?:[\w'-]+ ){0,2}?<info>\b",
    r"\b(?:found|find|have|has|see|contains?) nothing (?:on|about|regarding|that|in|for|related|documented|concerning)\b",
    // Somebody does not know.
    r"\b<i>(?:'d| would|'ll)?<adv> (?:do not|don't|dont|would not|wouldn't)<adv> know\b",
    r"^(?:(?:sorry|apologies|hm+|unfortunately|honestly|well|no|good question)\W+(?:but )?)*(?:no (?:idea|clue)|don't know|dunno|not (?:sure|certain) (?:about|on|if|whether|what|how|when))\b",
    r"\b(?:i am|i'm|im|we are|we're)<adv> (?:not<adv> (?:sure|certain|aware|familiar|informed)|unsure|uncertain|unaware)\b",
    // The same without saying who.
    r"^(?:(?:sorry|apologies|unfortunately)\W+)*(?:(?:unable|not able|impossible|not possible) to|cannot|can't|can not|could not|couldn't) (?:be )?(?:answer|answered|determine|determined|say|tell|provide|find|confirm|locate)\b",
    r"\bunanswerable\b|\bcannotanswer\b|^n/a\W*$",
    r"^no (?:[\w'-]+ )?(?:answer|information|info|data|details|match|matches|results?)(?: (?:found|available|given|provided))?\W*$",
    r"^(?:not enough|insufficient|too little)(?: [\w'-]+)? (?:information|info|context|data|details|evidence)\b",
    r"\bi(?:'m| am) [^.,;]{0,40} and (?:don't|do not) know\b",
    r"\b<i><adv> ?<cannot><adv> (?:provide|give|offer|share)(?: you)?(?: with)? (?:that|this|it|one)(?:[.,!]|$)",
    // Somebody looked and did not find.
    r"\b<i><adv> ?(?:<cannot>|<dont>|have not|haven't|'ve not)<adv>(?: seem to)? (?:find|found|locate|located)\b",
    r"\b(?:looked|searched|checked)\b[^.]{0,60} (?:cannot|can't|could not|couldn't|did not|didn't) find\b",
    r"\b<i><adv> <dont><adv> (?:see|find)(?: any| that| this| the)?(?: [\w'-]+){0,2}? (?:<news>|anything (?:on|about|regarding|in|for|here|related))\b",
    // Somebody cannot say.
    r"\b<i><adv> ?<cannot><adv> (?:provide|give|offer|share|access|see|help|find)(?: you)?(?: with)?(?: [\w'-]+){0,4}? (?:<info>|<exact>|response|reply|cost|price)\b",
    r"\bi<adv> ?<cannot><adv> (?:confirm|verify|determine|say|tell|explain|answer|comment|address|speak to|look (?:that|this|it) up|recall|do (?:that|this)\b)",
    r"\bwe<adv> ?<cannot><adv> (?:answer|say|tell)\b",
    r"\b<i>(?:'m| am|'re| are)? (?:unable|not able) to (?:assist|help) you\b(?: at this time| here)?[.!,]",
    r"\b<i><adv> ?<cannot> (?:help|assist)(?: you)?(?: at this time| here)?[.!]",
    r"\b<i>(?: have not|'ve not| haven't| never)<adv> (?:come across|seen|heard (?:of|about)|been told)\b",
    r"\b<i><adv> <dont><adv> (?:recall|remember)\b",
    r"\bi(?:'m| am)<adv> (?:uninformed|not (?:informed|up to date))\b",
    r"\b<i><adv> ?<cannot><adv> (?:access|see|look up|check) (?:your|the|that|this|it|any)\b",
    r"(?:\bnot|n't) (?:something|anything|a topic|a detail)(?: that)? i (?:know|have|can (?:answer|confirm|say|tell))\b",
    r"\b(?:not possible|impossible|not able|difficult|hard)(?: for (?:me|us))? to (?:determine|say|tell|answer|know|ascertain|confirm)\b",
    r"\b(?:beyond|outside(?: of)?) (?:(?:the scope of )?(?:my|our|the|these|this)(?: provided| given| available)? (?:knowledge|information|data|documents|articles|passages|context|sources)|what (?:i|we) (?:know|have))\b",
    r"\bmy (?:knowledge|training data|training|information)(?: [\w'-]+){0,2}? (?:does not|doesn't|do not|don't|did not|didn't|ends|only goes|is limited)\b",
    // There is nothing that could be known.
    r"\bthere(?:(?:'s| is| are| was| were)(?: [a-z]+ly| also)?(?: no| not| little| limited| insufficient)| isn't| aren't| wasn't| weren't)(?: any| enough| sufficient| much)? (?:[\w'-]+ ){0,2}?(?:<news>|context|reference to)\b",
    r"\bthere(?: is|'s| was) nothing(?: here| there| in here)? (?:in|on|about|regarding|that)\b",
    r"\bnothing(?: [a-z]+)? (?:is|was|has been) (?:said|mentioned|stated|written|known|specified)\b",
    r"(?:\bnot|n't) (?:enough|sufficient) (?:[\w'-]+ ){0,2}?(?:evidence|information|context|details?|data)(?: [\w'-]+){0,4}? to (?:answer|determine|say|tell|confirm|know)\b",
    r"\b(?:there (?:is|are)|i (?:found|have|see)|found|we have) no (?:[\w'-]+ )?(?:articles?|documents?|entries|passages?|records?|results?) (?:about|on|for|regarding|covering|that)\b",
    r"\bsearch(?:es)? (?:did not|didn't|does not|doesn't|do not|don't) (?:return|find|yield|bring|turn up)\b",
    r"\b(?:no|insufficient|not enough) (?:[\w'-]+ )?(?:<news>|results?|reference)\b(?: [\w'-]+){0,4}? (?:is|are|was|were|has been|have been|could be|can be)(?: [a-z]+ly)? (?:<said>|located)\b",
    r"\bno (?:[\w'-]+ )?(?:information|details|mention)(?: (?:available|provided|given|about|on|regarding|in the|of))\b",
    // A source says nothing.
    r"\b<source><given>(?: do not| does not| don't| doesn't| did not| didn't| cannot| fail to| fails to)<adv>(?: seem to| appear to)? <says>\b",
    r"\b<source><given>(?: make| makes| made| contain| contains| have| has| had| offer| offers| provide| provides| give| gives| include| includes)<adv> (?:no|nothing|little|limited|insufficient)\b",
    r"\b<source><given>(?: say| says| said| state| states| mention| mentions) nothing\b",
    r"\bno (?:[\w'-]+ ){0,2}?(?:evidence|indication|sign|trace|hint)(?: [\w'-]+){0,4}? in (?:the|my|our|these|this)(?: [\w'-]+){0,2} <source>",
    r"\b<i><adv> <dont><adv> have (?:enough|sufficient)(?: [\w'-]+)? to (?:go on|say|answer|tell|judge)\b",
    r"\b<source><given> (?:is|are|was|were)(?: [a-z]+ly| too)? ?(?:unrelated|irrelevant|(?:not|n't) (?:relevant|related)|insufficient|inadequate|silent|too limited|(?:not|n't)(?: [a-z]+ly)? (?:sufficient|enough|adequate|detailed enough|specific enough))\b",
    r"\b<i><adv> (?:<dont>|<cannot>)<adv> see (?:that|this|it|any of (?:that|this)) (?:in|from|here)\b",
    r"\b(?:none of|nothing in|no|neither of)(?: the| my| our| these| those| any)?(?: [\w'-]+)? <source><given> <says>\b",
    r"\bit (?:does not|doesn't|did not|didn't)<adv> (?:mention|specify|state|say)\b",
    r"(?:\bnot|n't)(?: been)?(?: [a-z]+ly| something| anything)? (?:<said>|part)(?: (?:anywhere|directly|explicitly|clearly))? (?:in|by|within|from|of|among) (?:the|my|our|any|this|these|those|what|your)(?: [\w'-]+){0,2}? (?:<source>|polic(?:y|ies)|terms)\b",
    r"\b(?:is not|isn't|are not|aren't|'s not|was not|were not) (?:in|within|among|part of) (?:the|my|our|any|this|these|those)(?: [\w'-]+){0,2}? <source>\b",
    r"\b(?:is|are|'s|was|were)(?: not|n't)(?: been)?(?: [a-z]+ly)? (?:mentioned|specified|stated|documented|indicated|known|disclosed)(?: anywhere| here| in detail)?(?:[.!]|$| anywhere)",
    r"\b<news>(?: [\w'-]+){0,6}? (?:is|are|was|were)(?: [a-z]+ly)? ?(?:not|n't)(?: [a-z]+ly| yet)? (?:<said>|accessible|known|public|on hand|at hand|something)\b",
    r"\b<news>(?: [\w'-]+){0,6}? (?:is|are|was|were)(?: [a-z]+ly)? (?:unavailable|missing|unknown|absent|lacking)\b",
    r"\b<exact>(?: [\w'-]+){1,8}? (?:is|are|was|were)(?: not|n't)(?: [a-z]+ly)? (?:<said>|known|clear)\b",
    r"\b(?:cannot|can not|can't|could not|couldn't) be (?:<settled>|(?:found|verified|confirmed) (?:in|from|within|with|based on) (?:the|my|our|any|this|these|those))\b",
    r"\b(?:is|are|it's|remains?|was)(?: [a-z]+ly)? (?:not<adv> (?:clear|known)|unclear|unknown|uncertain)(?: (?:from|in|to me|to us|whether|how|if|what|when|which|who|why|at this)\b|[.!])",
    // Romanian.
    r"\b<nuam>(?: [\w-]+){0,4}? (?:<ro-info>|exact[ae]?|exacti)\b",
    r"\bhabar (?:nu am|n-am|nu avem|n-avem)\b",
    r"\b<nuam> aceste? (?:date|lucruri)\b|\bnu (?:am|avem|detin|detinem) (?:aceasta|acest) (?:informatie|detaliu|raspuns)",
    r"\b<nu> (?:stiu|stim|cunosc|cunoastem)\b",
    r"\bnu(?: imi| ne|-mi|-ne) (?:este|e|sunt) (?:cunoscut|clar|limpede)",
    r"\b<nuam> de unde sa sti\w*\b|\bnu (?:sunt|suntem) in masura sa (?:raspund\w*|confirm\w*|spun\w*|ofer\w*|preciz\w*)\b",
    r"\b<nu> (?:pot|putem)(?: sa)?(?: te| va)? ajut\w* cu(?: [\w-]+)? <ro-news>\b",
    r"\bnu sunt(?: foarte| chiar| pe deplin)? (?:sigura?|la curent|convinsa?|informata?)\b",
    r"\b(?:nu|n-)(?: mai)? ?(?:am|avem|a fost) (?:gasit|putut gasi|reusit sa|identificat)\b|\bnu (?:gasesc|gasim|vad nicio|vad nimic)\b",
    r"\b<nu> (?:pot|putem|as putea|reusesc|reusim)(?: sa)?(?: iti| va| te| le)? (?:confirm\w*|raspund\w*|spun\w*|preciz\w*|gas\w*|determin\w*|estim\w*|stabil\w*|verific\w*|(?:ofer\w*|da|dau|dam|furniz\w*)(?: [\w-]+){0,3}? (?:informati|detali|raspuns)\w*)",
    r"\bnu exista(?: [\w-]+){0,2}? (?:informati\w*|detali\w*|date|mentiun\w*)",
    r"\b(?:imposibil|nu se poate|greu) de (?:spus|stabilit|determinat|raspuns|aflat)\b|\bnu are raspuns in\b",
    r"^(?:fara|nicio) (?:informati\w*|detali\w*|date|raspuns)\W*$|\b(?:informatii|date|detalii) insuficiente\b",
    r"\bnu se poate (?:stabili|determina|spune|sti|preciza|confirma|deduce)\b|\b<nuam> nimic (?:despre|pe|in|legat|privind)\b",
    r"\bnu se (?:mentioneaza|specifica|precizeaza|indica|regasesc|regaseste|stie|cunoaste|spune nimic)\b",
    r"\bnu (?:este|e|sunt|a fost|au fost)(?: [\w-]+)? <ro-said>\b",
    r"\bnu (?:este|e)(?: [\w-]+)? (?:clar|limpede|cunoscut) (?:din|in|daca|cum|cand|cat|ce|care)\b|\bnu (?:reiese|rezulta)\b",
    r"\b<ro-news>(?: [\w-]+){0,4}? (?:nu (?:este|e|sunt) (?:[\w-]+ ){0,2}?(?:disponibil\w*|prezent\w*|inclus\w*|mentionat\w*|cunoscut\w*|accesibil\w*|specificat\w*|public\w*|in)\b|nu (?:apare|apar|exista|se regas\w*|se gas\w*)|lips\w*|indisponibil\w*)",
    r"\b<ro-source>(?: [\w-]+){0,4}? nu <ro-says>\b",
    r"\bnu (?:este|e|sunt|apare|apar|se)(?: [\w-]+)?(?: [\w-]+)? (?:in|din) <ro-source>",
];

/// Handing over: somebody else will take the case, not only could be asked.
const ESCALATE: &[&str] = &[
    r"\b(?:i'll|i will|i'm|i am|i've|i have|let me|we'll|we will|we're|we are|we've|we have|i can|we can|i could|me to|i)(?: now| just| already| also| gladly| happily| going to| go ahead and| need to| have to)* (?:connect|transfer|forward|escalat|hand|pass|put|rout|refer|redirect)(?:e|ing|ed|ring|red|ting)?(?: (?:you|this|that|it|your|the|our)(?: [\w'-]+){0,3}?)?(?: (?:over|on|through|along|off|directly|in touch|up|straight))* (?:to|with)(?: [\w'-]+){0,4}? (?:agents?|person|human|colleagues?|specialists?|representatives?|team|member|someone|advis[oe]rs?|supervisor|manager|technicians?|department|operator|experts?|mechanics?|staff|support(?: team| agent| staff)?)(?:[.,;:!? ]|$)",
    r"\b(?:i'll|i will|i'm|i am|i've|i have|let me|we'll|we've|we have|we are)(?: now| just| already)* escalat(?:e|ing|ed) (?:this|your|the|it)\b",
    r"\b(?:transferring|connecting) you (?:now|to|with)\b",
    r"\bhold while (?:i|we) (?:transfer|connect|get)\b",
    r"\byou(?:'ll| will|'re| are)(?: now)? (?:be|being) (?:connected|transferred|put through|handed over)\b",
    r"\b(?:request|case|message|question|issue|ticket|complaint|conversation|chat|query|concern|matter)(?: has| have) been (?:escalated|forwarded|passed|handed|transferred)\b",
    r"\b(?:i've|i have|we've|we have) (?:created|opened|raised|submitted|logged)(?: [\w'-]+){1,4}? (?:ticket|case|complaint)\b",
    r"\b(?:a|an|one of|our|someone|my)(?: [\w'-]+){0,4}? ?(?:agents?|person|human|colleagues?|specialists?|representatives?|team|members?|someone|advis[oe]rs?|manager|technicians?|experts?|operator|from)(?: [\w'-]+){0,3}? (?:will|is going to)(?: [\w'-]+)? (?:contact|call|reach out|get back|be in touch|be with|take over|take it from|assist you|follow up|get in touch|help you|review (?:your|this)|look into|investigate|take care of)\b",
    r"\b(?:te|va)(?: voi| vom| am| o sa| pot| putem)?(?: sa)? (?:transfer\w*|conect(?:ez|am|a|at|eze)|redirection\w*|pun\w* in legatura|fac\w* legatura)\b",
    r"\b(?:voi|vom|o sa|pot|putem)(?: sa)? (?:te |va )?(?:transfer\w*|conect(?:ez|am|a)|redirection\w*)\b",
    r"\b(?:coleg\w*|agent\w*|operator\w*|specialist\w*|reprezentant\w*|consultant\w*|echipa|tehnician\w*|cineva)(?: [\w-]+){0,4}? (?:te|va|iti|vi) (?:va|vor|o sa|poate)(?: te| va)? (?:contact\w*|sun\w*|prelu\w*|scrie|ajut\w*|reven\w*)",
    r"\bva prelua (?:un coleg|cazul|solicitarea|conversatia)|\b(?:un coleg|o colega)(?: [\w-]+){0,3}? va prelua\b",
    r"\b(?:am|voi|vom)(?: [\w-]+)? (?:transmis|transmite|trimis|trimite|redirectionat|redirectiona|predat|preda|inaintat|inainta)(?: [\w-]+){0,4}? (?:coleg|echip|specialist|operator|departament|agent)\w*",
    r"\b(?:i'll|i will|i'm|i am|i've|i have|let me|we'll|we will|we're|we've|we have)(?: now| just| already| also| going to)* (?:rais(?:e|ed|ing)|flag(?:ged|ging)?|loop(?:ed|ing)?(?: in)?|bring(?:ing)? in|get(?:ting)?|ask(?:ed|ing)?|hav(?:e|ing)|notif(?:y|ied|ying)|alert(?:ed|ing)?|involv(?:e|ed|ing))(?: (?:this|it|your|the|an?|our|with|from|for|in|by|one|of|[\w-]+ (?:with|to))){0,5} (?:[\w-]+ )?<helper>\b",
    r"\b(?:this|it|case|request|message|question|issue|ticket|complaint|conversation|chat|query|concern|matter) (?:is|are)(?: now| already| being)* (?:(?:handed over|forwarded|escalated|passed|transferred|routed)\b|with (?:our|the|a)(?: [\w'-]+)? <helper>)",
    r"\byou(?:'ll| will)(?: soon| shortly)? (?:hear|be contacted|be called|get a call|receive a call)(?: back)? (?:from|by)(?: [\w'-]+){1,3}? <helper>",
    r"\b(?:sent|sending|send|shared|submitted|reported) (?:this|it|your (?:case|request|issue|complaint|question|details|message|report))(?: [\w'-]+){0,3}? (?:to|with)(?: [\w'-]+){0,2}? <helper>\b",
    r"\b(?:am|voi|vom|o sa) (?:deschis|creat|inregistrat|deschide|crea|inregistra) (?:un tichet|un caz|o sesizare|o reclamatie|un ticket)\b",
    r"\b(?:cerer|solicitar|caz|mesaj|reclamati|sesizar|problem)\w*(?: [\w-]+){0,3}? (?:a fost|au fost|a|va fi) (?:transmis|trimis|redirectionat|inaintat|escaladat|predat)\w*",
    r"\b(?:transfer|redirectionez|transmit|trimit|predau|inaintez) (?:conversatia|solicitarea|cererea|cazul|mesajul|problema|sesizarea)(?: [\w-]+){0,3}? (?:catre|la|unui|unei|echip\w*|departament\w*|coleg\w*)",
    r"\b(?:va|vor) prelua (?:cazul|solicitarea|cererea|conversatia|problema)\b",
    r"\b(?:am escaladat|voi escalada|vom escalada|escaladez)\b",
];

/// Declining the topic.
const REFUSE_SCOPE: &[&str] = &[
    r"\b(?:i|we)(?: can|'m able to|'re able to| am able to| are able to)? only (?:help|assist)(?: you)? (?:with|on)\b|\b(?:i|we)(?: can)? (?:help|assist)(?: you)? only with\b",
    r"\b(?:i|we) can only (?:answer|respond to|discuss|talk about|speak about|address|handle|provide (?:help|support|information|answers))\b|\b(?:i|we) only (?:answer|respond to|discuss|talk about)\b",
    r"\b(?:i'm|i am|we're|we are) only able to (?:help|assist|answer|respond|discuss|provide)\b",
    r"\b(?:i'm|i am|we're|we are) (?:here|designed|set up|built|meant|trained|able) only to\b|\b(?:i'm|i am) only (?:here|designed|set up|built|meant|trained) to\b",
    r"\b(?:outside|beyond)(?: of)? what (?:i|we|this assistant) (?:can|could|am able to|are able to|am here to) (?:help|assist|do|answer|discuss)\b|\b(?:outside|beyond)(?: of)? what (?:i|we) (?:do|cover|handle|deal with)\b",
    r"\b(?:has|have) nothing to do with (?:our|my|what (?:i|we))\b|\b(?:my|our) (?:job|role|purpose|task|scope) is (?:limited|restricted|only)\b",
    r"\bthis (?:assistant|bot|chat|chatbot|service|channel)(?: can)? only (?:answers?|helps?|handles?|covers?|deals?|supports?)\b",
    r"\bi (?:do not|don't) (?:do|handle|cover|deal with)(?: [\w'-]+){0,2}? (?:advice|forecasts?|homework|topics?|questions?|recipes?|opinions?|essays?|politics)\b",
    r"\bi (?:won't be able to|will not be able to|cannot|can't|can not|am unable to|'m unable to|am not able to|'m not able to) (?:(?:help|assist)(?: you)? with|(?:write|compose|translate|solve|generate|draft)(?: you)?(?: an?| your| the| this| that)? (?:essays?|poems?|homework|code|stor(?:y|ies)|songs?|jokes?|exercise|assignment|text))\b",
    r"\b(?:outside|beyond|out of|not within|not in)(?: of)? (?:my|our|the) (?:scope|area|domain|field|expertise|remit|capabilit|role|focus|competence)|\bout of scope\b",
    r"\b(?:i|we)(?:'m| am|'re| are)? (?:cannot|can not|can't|cant|unable to|not able to|won't be able to)(?: [a-z]+ly)? (?:help|assist)(?: you)? with\b",
    r"\b(?:i|we)(?:'m| am|'re| are)? (?:cannot|can not|can't|cant|unable to|not able to|do not|don't) (?:give|offer|provide)(?: you)?(?: any)?(?: [\w'-]+)? ?(?:medical|legal|financial|tax|investment|political|health|relationship) (?:advice|guidance|recommendations?|opinions?|information)\b",
    r"\b(?:not something|nothing) (?:i|we) (?:(?:can|could|am able to|are able to) (?:help|assist|advise|discuss|handle|do|deal)|handle|do|deal with)\b",
    r"\b(?:i|we)(?:'m| am|'re| are)? (?:cannot|can't|unable to|not able to|do not|don't) (?:discuss|talk about|comment on)\b",
    r"\b(?:is not|isn't|are not|aren't|not) related to (?:our|my|volta)\b|\bunrelated to (?:our|my)\b",
    r"\b(?:pot|putem)(?: sa)?(?: te| va| iti)? (?:ajut\w*|raspund\w*|ofer\w*|discut\w*|vorb\w*)(?: [\w-]+){0,2}? (?:doar|numai)\b|\b(?:doar|numai)(?: [\w-]+){1,6}? (?:te|va) (?:pot|putem) ajuta\b",
    r"\braspund(?:em)? (?:doar|numai) la\b|\b(?:sunt|suntem) aici (?:doar|numai)\b",
    r"\bnu (?:ofer|oferim|dau|dam|acord|acordam) (?:sfaturi|consultanta|consiliere|recomandari)\b|\bnu (?:ma|ne) (?:ocup|ocupam) (?:de|cu)\b",
    r"\bnu (?:are|au) (?:nicio )?legatura cu (?:produsele|serviciile|domeniul|activitatea|bicicletele|magazinul|compania)\b",
    r"\bnu (?:te |va |iti )?(?:pot|putem)(?: sa)?(?: te| va| iti)? ajut\w* (?:cu|in)\b",
    r"\b(?:in afara|depaseste|depasesc) (?:domeni|ari|sfer|competent|scop|atributi)\w*",
    r"\bnu (?:tine|tin) de (?:domeni|ari|competent|noi|mine|subiect)\w*",
    r"\bnu (?:iti |va )?(?:pot|putem)(?: sa)?(?: iti| va)? (?:ofer\w*|da|dau|dam)(?: [\w-]+){0,2}? (?:sfaturi|consiliere|consultanta|recomandari) (?:medical|juridic|financiar|legal|fiscal|politic)\w*",
];

/// A phrase of the grammar written out.
pub(super) fn written_out(phrase: &str) -> String {
    CLASSES.iter().fold(phrase.to_owned(), |text, (name, words)| {
        let name = format!("<{name}>");
        if text.contains(&name) { text.replace(&name, words) } else { text }
    })
}

/// The shipped phrases of every action that has any, as patterns.
pub(super) fn shipped() -> impl Iterator<Item = (Action, String)> {
    let lists =
        [(Action::Abstain, ABSTAIN), (Action::Escalate, ESCALATE), (Action::RefuseScope, REFUSE_SCOPE)];
    lists.into_iter().flat_map(|(action, list)| list.iter().map(move |p| (action, written_out(p))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_written_out() {
        for (_, pattern) in shipped() {
            assert!(!pattern.contains('<'), "{pattern}");
        }
        assert_eq!(written_out(r"\b<i> x"), r"\b(?:i|we) x");
    }

    #[test]
    fn every_class_is_used() {
        let all = [ABSTAIN, ESCALATE, REFUSE_SCOPE].concat().join(" ");
        for (name, _) in CLASSES {
            assert!(all.contains(&format!("<{name}>")), "{name}");
        }
    }
}
