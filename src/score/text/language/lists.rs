//! Words and letters by which languages are told apart.
//!
//! Lists of the most frequent function words and of words that support answers are full of, written
//! for this project: in lower case, Romanian without diacritics.

/// A language that is recognised by its words.
pub(super) struct Language {
    /// ISO 639-1 code.
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) words: &'static str,
    /// Endings of words of five letters and more.
    pub(super) endings: &'static [&'static str],
    /// Small letters that no other language of the table has, or hardly one.
    pub(super) letters: &'static str,
}

pub(super) const LANGUAGES: [Language; 10] = [
    Language {
        code: "en",
        name: "English",
        words: "the a an and or but if then of to in on at by for with from about into your you yours we our us \
            i me my it its he she they their them this that these those is are was were be been being has have \
            had do does did not no yes can could will would should must may might what when where which who how \
            why there here please thanks thank sorry hello hi after before until between only also just more \
            most any some all each other than as so because within without again still already day days week \
            month order account password help need want get click open button day's don't can't won't doesn't \
            isn't you're you'll we'll we're i'm it's that's i'll let's many much people first used during under \
            time year name called team up out off over below above new old less few first second last next every \
            always never often once cannot costs cost takes take took gives give makes make keep send sent receive \
            received pay paid charge charged refund return returns choose press see find know working months \
            years hours minutes today tomorrow yesterday both either own same such while between free full right",
        endings: &["ing", "tion", "ness", "ould", "ght", "ally", "ed"],
        letters: "",
    },
    Language {
        code: "ro",
        name: "Romanian",
        words: "si sau dar daca de la in pe cu din pentru despre dupa fara pana intre prin spre sub un o unui unei \
            al ai ale lui ei lor el ea noi voi dumneavoastra tu eu nostru noastra este e sunt era erau fi fost \
            fie am ati au avea aveti avem va vor voi vom veti nu da ca sa se isi iti imi ne vă v te ma ce care \
            cine cand unde cum cat cati cate cata acest aceasta acesta aceste acestea acel acea cel cea cei cele \
            mai foarte doar numai deja inca tot toate toti orice fiecare alt alta alte poti puteti poate pot \
            trebuie rog multumesc multumim buna ziua salut zile zilele saptamana luna comanda contul parola \
            ajutor deschide apasa butonul prin catre fata asta ani an intr printr dintr intru acum aici acolo \
            sunteti esti suntem avut fiind iar insa deoarece asadar s i l m n c v mi i-a a dus doua trei \
            unii unele multe multi putem vrei vreau face faci facut livrare livrarea \
            pretul plati platesti primesti primiti primi trimite trimitem alege alegeti gratuita lucratoare ore",
        endings: &[
            "ului", "ilor", "elor", "ele", "eaza", "este", "itate", "ati", "iei", "atie", "tii", "uri",
        ],
        letters: "șțăşţâî",
    },
    Language {
        code: "de",
        name: "German",
        words: "der die das den dem des ein eine einen einem einer eines und oder aber wenn dann von zu im in an auf \
            bei für mit aus über nach vor bis zwischen ohne um durch sie ihr ihre ihren ihrem ihrer wir uns unser \
            unsere ich mich mir mein meine du dich dir dein deine er es ist sind war waren sein wird werden \
            wurde wurden hat haben hatte hatten kann können konnte muss müssen soll sollte darf dürfen nicht kein \
            keine nein ja was wann wo welche welcher welches wer wie warum hier dort bitte danke hallo guten tag \
            nur auch noch schon mehr sehr alle jede jeder jedes andere als so weil dass innerhalb tage tagen woche \
            monat bestellung konto passwort hilfe klicken öffnen zum zur vom beim ins viele gibt diese dieser \
            dieses diesem diesen sich am",
        endings: &[
            "ung", "ungen", "keit", "heit", "lich", "lichen", "isch", "ischen", "chen", "schaft", "ieren",
        ],
        letters: "ßäöü",
    },
    Language {
        code: "fr",
        name: "French",
        words: "le la les l' un une des du de d' et ou mais si alors à au aux en dans sur par pour avec sans sous entre \
            vers chez vous votre vos nous notre nos je j' me m' mon ma mes tu te t' ton ta tes il elle ils elles on se s \
            son sa ses leur leurs ce c' cet cette ces ça est sont était étaient être été a ont avait avoir avez \
            avons ai fait faire peut peuvent pouvez pouvons dois doit devez ne n' pas non oui que qu' qui quoi quand \
            où quel quelle quels comment pourquoi combien ici là merci bonjour après avant jusqu' jusque jours jour \
            semaine mois commande compte aide cliquez ouvrez bouton plus très aussi encore déjà tout tous toute \
            toutes chaque autre comme parce donc lorsque lorsqu' y",
        endings: &["tion", "ment", "ez", "eux", "euse", "aient", "elle", "ette", "oir", "ière"],
        letters: "çèêœùûëîï",
    },
    Language {
        code: "es",
        name: "Spanish",
        words: "el la los las lo un una unos unas de del y o u pero si entonces a al en por para con sin sobre entre \
            desde hasta hacia usted ustedes su sus nosotros nuestro nuestra yo me mi mis tú tu te se le les él \
            ella ellos esto esta este estos estas ese esa eso es son era eran ser sido está están estar ha han \
            había haber hay tiene tienen tener puede puedes pueden debe debes deben no sí que qué quién quien \
            cuándo cuando dónde donde cuál cuáles cómo como cuánto cuántos cuántas por porque aquí gracias hola \
            favor después antes días día semana mes pedido cuenta contraseña ayuda haga haz clic abra abre botón \
            más muy también solo ya todo todos toda todas cada otro otra fue fueron años año según ante tras dos tres sino mientras aunque ni nos lo le \
            podrá pueda seguridad correo",
        endings: &[
            "ción", "ciones", "mente", "idad", "ando", "iendo", "ado", "ados", "aron", "amos", "ía", "ías",
        ],
        letters: "ñ¿¡",
    },
    Language {
        code: "it",
        name: "Italian",
        words: "il lo la i gli le l' un un' dell' all' nell' dall' sull' quest' c' uno una di del della dello dei degli delle d' e ed o ma se allora a al alla ai \
            agli alle in nel nella nei nelle su sul sulla sui per con da dal dalla senza tra fra lei suo sua suoi \
            noi nostro nostra io mi mio mia tu ti tuo tua tuoi tue lui loro questo questa questi queste quello \
            quella è sono era erano essere stato stata ha hanno ho hai aveva avere può puoi possono deve devi \
            devono non no sì che chi cosa quando dove quale quali come perché quanto quanti quante qui grazie \
            ciao buongiorno prego dopo prima fino giorni giorno settimana mese ordine conto aiuto clicca apri \
            pulsante più molto anche solo già tutto tutti tutta tutte ogni altro altra",
        endings: &["zione", "zioni", "mente", "ità", "ando", "endo", "ato", "ati", "ata", "are"],
        letters: "",
    },
    Language {
        code: "pt",
        name: "Portuguese",
        words: "o a os as um uma uns umas de do da dos das e ou mas se então ao à aos às em no na nos nas por pelo \
            pela para com sem sobre entre desde até você vocês seu sua seus suas nós nosso nossa eu me meu minha \
            tu te teu tua ele ela eles elas isto isso este esta estes estas esse essa é são era eram ser sido \
            está estão estar tem têm ter há foi foram pode podes podem deve devem não sim que quem quando onde \
            qual quais como porque quanto quantos aqui obrigado obrigada olá depois antes dias dia semana mês \
            pedido conta senha ajuda clique abra botão mais muito também só já todo todos toda todas cada outro",
        endings: &["ção", "ções", "mente", "dade", "ando", "endo", "ado", "ados", "aram"],
        letters: "ãõ",
    },
    Language {
        code: "nl",
        name: "Dutch",
        words: "de het een en of maar als dan van te in op aan bij voor met uit over na tot tussen zonder om door u uw \
            jij je jouw jullie wij we ons onze ik mij mijn hij zij ze hun hen dit dat deze die is zijn was waren \
            ben bent wordt worden werd heeft hebben had kan kunnen kunt moet moeten zal zullen mag niet geen nee \
            ja wat wanneer waar welke wie hoe waarom hier daar bedankt dank hallo alstublieft alleen ook nog al \
            meer zeer alle elke ander andere dus omdat binnen dagen dag week maand bestelling rekening wachtwoord \
            hulp klik open knop er naar",
        endings: &["ing", "ingen", "heid", "lijk", "lijke", "tie", "sch", "eren"],
        letters: "",
    },
    Language {
        code: "pl",
        name: "Polish",
        words: "i oraz lub albo ale jeśli gdy z ze do w we na o od po przy dla przez bez między pod nad pan pani \
            państwo twój twoje my nasz nasza nasze ja mnie mój moja ty ciebie on ona ono oni ich jego jej to ten \
            ta te ci jest są był była było były być będzie będą ma mają mam może możesz można trzeba nie tak co \
            kto kiedy gdzie który która które jak dlaczego ile tutaj tam proszę dziękuję dzień dobry cześć dni \
            tydzień tygodnie miesiąc zamówienie konto hasło pomoc kliknij otwórz przycisk więcej bardzo także \
            tylko już wszystko wszystkie każdy inny się swoje",
        endings: &["ność", "owanie", "ować", "ania", "enia", "ości", "ego", "emu", "ach", "ami"],
        letters: "łżźśćęąń",
    },
    Language {
        code: "hu",
        name: "Hungarian",
        words: "a az egy és vagy de ha akkor hogy nem igen is csak már még van vannak volt voltak lesz lehet kell \
            ez az ezt azt ezek azok ön önök én te ő mi ti ők mit ki mikor hol melyik hogyan miért mennyi hány \
            itt ott kérjük köszönjük köszönöm szia jó napot után előtt között nélkül napon nap hét hónap \
            rendelés fiók jelszó segítség kattintson nyissa gomb több nagyon minden más mert belül majd meg",
        endings: &[
            "ban", "ben", "nak", "nek", "val", "vel", "ság", "ség", "hoz", "hez", "tól", "től", "okat",
        ],
        letters: "őű",
    },
];

/// A script and the languages that are written in it.
pub(super) struct Script {
    pub(super) name: &'static str,
    pub(super) codes: &'static [&'static str],
    pub(super) letters: fn(char) -> bool,
}

pub(super) const SCRIPTS: [Script; 9] = [
    Script {
        name: "Cyrillic letters",
        codes: &["ru", "uk", "bg", "sr", "mk", "be", "kk", "ky", "mn", "tg"],
        letters: |c| matches!(c, '\u{400}'..='\u{52f}'),
    },
    Script {
        name: "Greek letters",
        codes: &["el"],
        letters: |c| matches!(c, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}'),
    },
    Script {
        name: "Hebrew letters",
        codes: &["he", "iw", "yi"],
        letters: |c| matches!(c, '\u{590}'..='\u{5ff}'),
    },
    Script {
        name: "Arabic letters",
        codes: &["ar", "fa", "ur", "ps", "ku", "ug"],
        letters: |c| matches!(c, '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'),
    },
    Script {
        name: "Devanagari letters",
        codes: &["hi", "mr", "ne", "sa"],
        letters: |c| matches!(c, '\u{900}'..='\u{97f}'),
    },
    Script { name: "Thai letters", codes: &["th"], letters: |c| matches!(c, '\u{e00}'..='\u{e7f}') },
    Script {
        name: "Korean letters",
        codes: &["ko"],
        letters: |c| matches!(c, '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7af}'),
    },
    Script { name: "Japanese letters", codes: &["ja"], letters: |c| matches!(c, '\u{3040}'..='\u{30ff}') },
    Script {
        name: "Chinese characters",
        codes: &["zh", "ja", "yue"],
        letters: |c| matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3134f}'),
    },
];
