"""What people write to stop, start or get help, per language. Data only; `keywords` reads it.

Words are lower case without accents or apostrophes (don't = dont, m'envoyez = m envoyez). Phrases end with a
semicolon; their columns follow each other: `a|b` either, `a|b?` may be missing, `a_b` two words, `<` start and
`>` end of the clause, `sms~` any ending, `*` up to three words that don't negate.

Sources: 47 CFR 64.1200(a)(10) (stop quit end revoke opt-out cancel unsubscribe revoke consent by themselves); the
published lists of Twilio, AWS, Telnyx and Intercom; the local words providers recommend.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lexicon:
    language: str  # ISO 639-1
    alone: str  # sure as the whole message, and as a line or last sentence of its own
    whole: str  # sure as the whole message; a sentence of its own among others is unsure
    sure: str  # a reasonable person understands a request to stop, wherever it stands
    unsure: str  # may be a request to stop
    opt_in: str  # the whole message asks for messages again
    yes: str  # does so only from somebody who is unsubscribed; otherwise it answers a question
    help: str
    undo: str  # directly before a phrase: turns it into its opposite or another noun ("don't stop", "bus stop")
    hedge: str  # a little before a phrase: asks or supposes ("how do I unsubscribe")
    limit: str  # directly after a phrase: narrows it ("don't text me after nine")
    hinted: str = ""  # like `whole`, only where the contact is known to use this language


EN_MSG = (
    "messages|message|texts|sms|emails|notifications|alerts|spam|newsletters|newsletter|promotions|promos|ads|"
    "adverts|marketing|msgs|msg|txts|updates|reminders|whatsapp|whatsapps|mails"
)
EN_ING = "texting|messaging|contacting|emailing|mailing|writing|bothering|harassing|spamming|bugging|pestering"
EN_TXT = "text|message|contact|email|mail|write|bother|spam|msg|txt|harass"
EN_ME = "me|us|my_number|my_phone|my_phone_number|my_name|my_email|my_details|my_info|this_number|this_email"
EN_UNSUB = "unsubscribe|unsub|unsuscribe|unsubcribe|unscribe|unsubscibe|unsubsribe"
EN_LIST = "list|lists|database|system|contacts|records|mailing|messages|texts|distribution|newsletter"
ENGLISH = Lexicon(
    "en",
    alone=f"stop; stopall; stop|unsubscribe all; {EN_UNSUB}; optout; opt out; opt me out",
    whole="end; quit; cancel; revoke; exit; remove; td",
    sure=f"""
        stop|quit|cease {EN_ING} me|us|this|my|anymore|>; stop|quit|cease receiving|getting * {EN_MSG}|these|this;
        stop|quit|cease sending|send|with * {EN_MSG}; stop|quit sending|send me|us? these|this|stuff|anything|things|>;
        stop|quit|end|cancel|cease all|the|these|those|your|this|any|my? of? {EN_MSG} >|to|from|and;
        stop|end these|everything|all|them >; stop|cease|end all? contact|communication|communications;
        < no more|further|additional {EN_MSG}|contact; want|wish|send|need no more|further {EN_MSG}|contact;
        <|please|pls|and|so|just|said|then dont|do_not|not ever? {EN_TXT} me|us|this|again|anymore|>;
        <|please|and never ever? {EN_TXT} me|us|this; never|not_to|not {EN_TXT} me|us|this_number again|anymore|ever|>;
        dont|do_not|never send me|us? any|these|this|your? more|further|of? {EN_MSG}|anymore|again|anything|these;
        dont|do_not|no_longer|dont_even want|need|wish|like|wanna to? receive|receiving|get|getting|have|see?
          any|more|your|these|those|this|the|all|such|further? more|of|further? these|your|such? {EN_MSG};
        not|dont|no_longer want|wish|like to_be contacted|messaged|texted|emailed|bothered;
        dont|do_not|no_longer want you|them to? {EN_TXT}|{EN_ING} me|us; dont|do_not want to_hear from you|this|>;
        remove|take|delete|drop|get|pull {EN_ME} off|from|out * {EN_LIST}; remove|delete {EN_ME} >; take|get me off >|this;
        {EN_UNSUB} me|us|my|this|from|all|>; opt me|us|this_number? out >|please|of_all|of_these|of_this|of_your;
        opt|optout out? of|from * {EN_MSG}; lose|forget|erase my number;
        said|asked|told|asking|telling|want|like|begging|need_you you|u|them|this? to? please? stop >;
        revoke|withdraw|revoking|withdrawing my|all? consent|permission|authorization""",
    unsure=f"""
        leave|let me|us alone|be; not|no_longer interested >|in_this|in_your|anymore; < stop by >; stop sending me|us;
        <|please stop|cancel|end|quit it|this|that|everything|all >; cancel|end|stop my|the|this? subscription|membership;
        < enough >|already; wrong number|person; <|is|as|this|just|more|your|me spam >; stop|reported harassing|harassment;
        didnt|never|did_not sign|signed|subscribe|subscribed up|to|>; {EN_UNSUB}|unsubscribed|unsubscribing; opt out; optout;
        < no more >; < go|fuck|piss away|off; delete my account|data|profile; dont|do_not {EN_TXT} me|us;
        make|get it|this|them? to? stop >; where|how * get|got my number; report|block|reporting|blocking you|u|this_number >""",
    opt_in="start; unstop; subscribe|resubscribe me?; restart; optin; opt me|us? back? in;"
    "start|resume|restart texting|messaging|sending|messages me|us? messages? again?; sign me up again?",
    yes="yes; yeah; yep; y",
    help="help; info; help me; information",
    undo="dont do_not never not didnt did_not wont havent bus full pit non next last nearest",
    hedge="how if why when did_you did_i does cant cannot couldnt can_i could_i may_i should_i what already tried",
    limit="after before until till during while when about unless if tonight today tomorrow so between late "
    "early at_night at_work on_weekends on_sundays on_saturdays on_sunday on_saturday on_the_weekend back",
)

ES_MSG = (
    "mensajes|mensaje|sms|mensajitos|correos|emails|publicidad|promociones|ofertas|anuncios|spam|notificaciones|"
    "whatsapp|whatsapps|informacion|propaganda|avisos|mails|textos"
)
ES_TU = (
    "escriban|escriba|escribas|escribais|envien|envie|envies|envieis|manden|mande|mandes|mandeis|contacten|contacte|"
    "contactes|contacteis|escribir|enviar|mandar|contactar"
)
ES_QUIT = (
    "quitenme|quiteme|quitame|quitadme|borrenme|borreme|borrame|eliminenme|elimineme|eliminame|saquenme|saqueme|"
    "sacame|retirenme|retireme|remuevanme"
)
ES_BAJA = "dar|darme|darnos|dame|deme|denme|dadme|denos"
SPANISH = Lexicon(
    "es",
    alone="stop; baja; parar; desuscribir; desuscribirme; desuscribeme; darme|dame|deme|denme de baja",
    whole="cancelar; salir; fin; alto; eliminar; borrar; pare; paren; para",
    sure=f"""
        no|nunca me|nos vuelvan_a|vuelva_a? {ES_TU} mas|nada|nunca|ya? >; no me|nos {ES_TU} mas? nada|de_sus|mas? {ES_MSG};
        deja|deje|dejen|dejad|paren|pare|parad de escribir~|contactar~|molestar~|acosar~;
        deja|deje|dejen|dejad|paren|pare|parad de enviar~|mandar~ * {ES_MSG}|esto|cosas|>;
        no quiero|deseo|queremos|necesito|deseamos mas? recibir? mas|sus|estos|esta|vuestros|tus|este_tipo_de? {ES_MSG};
        no quiero|deseo|queremos mas? recibir mas|nada >|de; no quiero|deseo que me {ES_TU}|molesten;
        {ES_QUIT} >|de|del * lista|listas|base|sistema|contactos|grupo|difusion; {ES_QUIT} >;
        quiten|quite|borren|borre|borra|elimine|eliminen|elimina|saquen|saca mi|este numero|telefono|contacto|correo >|de;
        {ES_BAJA} de baja >|de_la_lista|de_esta_lista|de_su_lista|de_sus|de_esto|de_los|de_este|ya;
        desuscribirme|desuscribeme|desuscribanme|desuscriban; <|ya no mas {ES_MSG}; < basta|ya_basta de {ES_MSG};
        revoco|retiro mi consentimiento|autorizacion""",
    unsure=f"""
        dejenme|dejeme|dejame|dejadme en_paz|tranquilo|tranquila; no me|nos interesa|interesan >|nada|mas|esto;
        < ya? basta ya? >; numero|persona equivocado|equivocada; <|es|esto_es spam >; cancelalo|cancelenlo|cancelarlo;
        cancela|cancelen|cancele esto|todo >; cancelar|cancela|cancelen|cancele mi|la? suscripcion; no me|nos {ES_TU};
        no molesten|moleste|molestes|me_molesten|me_molestes; borren|borre|borra|eliminen|elimine mis|los? datos;
        {ES_BAJA}|doy|damos de baja; dejen|deja|deje de enviarme|mandarme; desuscribir; dejen de molestar""",
    opt_in="alta; suscribir; suscribirme; suscribeme; start; darme|dame|deme de alta; reanudar; volver_a_suscribirme",
    yes="si",
    help="ayuda; informacion; info; help",
    undo="no nunca sin jamas",
    hedge="como si por_que porque cuando donde puedo",
    limit="por_la por_las antes despues durante hasta cuando los_domingos los_fines a_las el_domingo en_la tan sobre",
)

FR_MSG = (
    "messages|message|sms|mms|textos|texto|mails|emails|courriels|pub|pubs|publicite|publicites|promos|promotions|"
    "notifications|spam|spams|newsletter|newsletters|offres|relances|sollicitations|whatsapp"
)
FR_TOI = "envoyez|envoie|envoyer|ecrivez|ecris|ecrire|contactez|contacte|contacter|sollicitez|recontactez|recontacter"
FR_HALT = "arretez|arrete|arreter|cessez|cesse|cesser|stop|stoppez|stopper"
FR_OFF = "retirez|retire|supprimez|supprime|enlevez|enleve|effacez|efface|radiez|otez|sortez|rayez|retirer|supprimer"
FR_MOI = "moi|nous|mon_numero|ce_numero|mon_nom|mes_coordonnees|mon_adresse|mon_telephone|mon_mail"
FR_WANT = "veux|souhaite|desire|voudrais|voulons|souhaitons|aimerais|veut"
FRENCH = Lexicon(
    "fr",
    alone="stop; desabonner; desabonnement; me desabonner; desinscrire; desinscription; me desinscrire; desabo",
    whole="arret; arreter; arretez; arrete; annuler; resilier; fin; sortir; supprimer",
    sure=f"""
        ne|n? m|me|nous {FR_TOI} plus >|jamais|rien; ne|n? m|me|nous {FR_TOI} plus|pas de|d|vos|ces|aucun|aucune? {FR_MSG};
        ne plus|jamais me|m|nous {FR_TOI}|solliciter|deranger; ne pas|plus me|m|nous contacter|recontacter|ecrire;
        ne? plus|pas|jamais recevoir|envoyer de|d|vos|ces|aucun|aucune? {FR_MSG};
        ne? {FR_WANT} plus|pas recevoir|avoir? de|d|vos|ces|aucun|aucune|des? {FR_MSG}; ne? {FR_WANT} plus recevoir >|rien;
        ne? {FR_WANT} plus|pas etre contacte|contactee|sollicite|sollicitee|derange|derangee|recontacte|recontactee;
        {FR_HALT} de|d m|me|nous ecrire|contacter|harceler|spammer|deranger|solliciter|embeter|relancer;
        {FR_HALT} de|d? m|me|nous? envoyer * {FR_MSG}|ca|>; {FR_HALT} vos|les|ces|tous_les|tous_vos|tous|toutes|la|de? {FR_MSG};
        desabonnez|desabonne|desinscrivez|desinscris moi|nous; {FR_WANT}|demande me|m|nous|a_me desabonner|desinscrire;
        {FR_WANT}|demande etre|a_etre desabonne|desabonnee|desinscrit|desinscrite|retire|retiree;
        {FR_OFF} {FR_MOI} de|des|du * liste|listes|fichier|fichiers|base|bases|contacts|mailing|repertoire;
        supprimez|supprime|effacez|efface mon|ce numero >; retirez|enlevez|supprimez moi >;
        < plus|aucun de|d|aucun? {FR_MSG} >; revoque|retire mon consentement""",
    unsure=f"""
        laissez|laisse|fichez|foutez|lachez moi|nous tranquille|tranquilles|en_paix|la_paix; pas interesse|interessee|interesses >;
        m|me|nous interesse pas|plus >; < ca suffit; ca suffit >; mauvais|faux numero; erreur de numero; trompe|trompez de_numero;
        <|du|de_la spam|pub >; desabonner|desabonne|desabonnez|desabonnement|desinscrire|desinscription|desinscris|desinscrit;
        ne|n? m|me|nous {FR_TOI} plus; annulez|annule|annuler tout|ca >; supprimez|supprime|effacez mes|mon donnees|compte;
        < assez >; resilier|resiliez|annulez|annuler mon|l? abonnement""",
    opt_in="start; reabonner; me reabonner; abonner; abonnez|reabonnez|inscrivez|reinscrivez moi; reprendre; reprise",
    yes="oui",
    help="aide; info; infos; aidez moi; help",
    undo="ne n pas jamais sans vous tu plus",
    hedge="comment si pourquoi quand puis_je peux_je que est_ce",
    limit="le_dimanche le_samedi le_soir le_matin la_nuit le_week apres avant pendant jusqu quand entre aussi si au_sujet",
)

PT_MSG = (
    "mensagem|mensagens|sms|msg|msgs|emails|email|propaganda|propagandas|promocoes|publicidade|ofertas|spam|"
    "notificacoes|anuncios|whatsapp|zap|avisos|newsletter|newsletters"
)
PT_TU = (
    "mande|mandem|manda|envie|enviem|envia|contacte|contactem|contate|contatem|escreva|escrevam|escreve|chame|"
    "chamem|mandes|envies|mandar|enviar|contactar|contatar"
)
PT_HALT = "pare|parem|para|parar|deixe|deixem|deixa"
PT_OFF = "tire|tirem|tira|remova|removam|remove|retire|retirem|retira|exclua|excluam|exclui|apague|apaguem|apaga|elimine|eliminem"
PT_LIST = "lista|listas|cadastro|base|grupo|contatos|contactos|newsletter"
PORTUGUESE = Lexicon(
    "pt",
    alone="stop; parar; parem; descadastrar; descadastre; me descadastre; sair da|desta lista",
    whole="sair; pare; cancelar; cancela; remover; excluir; anular; quero sair; fim",
    sure=f"""
        nao|nunca me|nos {PT_TU} mais >|nada|nunca; nao me|nos {PT_TU} mais? nenhuma|as|suas|estas? {PT_MSG} mais? >;
        {PT_HALT} de me|nos? escrever|contactar|contatar|incomodar|perturbar|chamar me?;
        {PT_HALT} de|com me|nos? mandar|enviar|as|estas|essas? me? * {PT_MSG}|isso|>; {PT_HALT} com as|essas|estas? {PT_MSG};
        nao quero|desejo|queremos|gostaria|preciso mais? de? receber|ter? mais? suas|estas|essas|nenhuma|as|vossas|este_tipo_de? {PT_MSG};
        nao quero|desejo|queremos mais? receber mais? >|nada; nao quero|desejo|queremos que me|nos {PT_TU};
        me {PT_OFF} >|da|de|do|desta|dessa * {PT_LIST}; {PT_OFF} me da|de|do|desta|dessa * {PT_LIST};
        {PT_OFF} o? meu|este|esse numero|contato|contacto|telefone|email|telemovel >|da|do|de|desta;
        descadastrem|descadastre|descadastra me; me descadastrem|descadastre|descadastra|desinscreva|desinscrevam;
        quero|queria|desejo|gostaria_de|preciso me? descadastrar|desinscrever|desinscrever_me; sair da|desta|dessa|do * {PT_LIST};
        < chega|basta de {PT_MSG}; < nenhuma|sem|nada_de mais? {PT_MSG} mais? >; revogo|retiro o? meu? consentimento""",
    unsure=f"""
        me deixa|deixe|deixem em_paz; deixa|deixe|deixem me|nos em_paz; nao|sem tenho? mais? interesse >; nao me interessa >|mais;
        < chega|basta >; numero|pessoa errado|errada; <|e|isso_e spam >; nao me? incomode|incomodem|perturbe|perturbem;
        {PT_OFF} os? meus dados; cancela|cancele|cancelem isso|tudo >; descadastrar|descadastre; nao me|nos {PT_TU} mais? {PT_MSG};
        nao me|nos {PT_TU} mais; cancelar|anular|cancele|anule a|minha? inscricao|assinatura|subscricao""",
    opt_in="comecar; voltar; subscrever; inscrever; inscrever me; me inscreva; start; reativar; retomar",
    yes="sim",
    help="ajuda; informacao; informacoes; info; help",
    undo="nao nunca sem jamais",
    hedge="como se por_que porque quando posso",
    limit="a_noite de_noite depois antes durante ate aos_domingos ao_domingo no_fim na_hora quando tao sobre as_8",
)

DE_MSG = (
    "nachrichten|nachricht|sms|mails|emails|email|werbung|spam|newsletter|newsletters|angebote|infos|mitteilungen|"
    "benachrichtigungen|werbenachrichten|whatsapp|whatsapps|werbemails|kontakt|texte|zeug|post|meldungen"
)
DE_SEND = (
    "senden|sende|sendet|send|schicken|schicke|schickt|schick|schreiben|schreibe|schreibt|schreib|"
    "kontaktieren|kontaktiere|kontaktiert|kontaktier|texten|texte|zusenden"
)
DE_WANT = "mochte|moechte|mochten|moechten|will|wollen|wunsche|wuensche|brauche|brauch|wunschen"
DE_OFF = (
    "nehmen|nehmt|nimm|streichen|streicht|streich|tragen|tragt|trag|loschen|loscht|losche|losch|loeschen|loescht|"
    "entfernen|entfernt|entferne|werft"
)
DE_NUMBER = "meine|diese|die nummer|handynummer|telefonnummer|rufnummer|mailadresse|emailadresse|adresse"
GERMAN = Lexicon(
    "de",
    alone="stop; stopp; stoppen; abmelden; abbestellen; austragen; abmeldung; mich abmelden",
    whole="ende; beenden; abbrechen; kundigen; kuendigen; loschen; entfernen; widerruf; raus",
    sure=f"""
        < keine|keinerlei|nie weitere|weiteren|solche? {DE_MSG} mehr|> ; {DE_WANT} * keine|keinerlei|keinen weitere|weiteren|solche?
          {DE_MSG} mehr|erhalten|bekommen|empfangen|von|haben|>; {DE_WANT} nichts|nie mehr|wieder|weiteres * bekommen|erhalten|horen|lesen;
        {DE_SEND} sie? mir|mich|uns? bitte? nichts|nicht|nie mehr|wieder; nicht mehr|wieder|weiter {DE_SEND}|anschreiben|belastigen;
        {DE_SEND} sie? mir|uns bitte? keine|keinerlei|nie weitere|weiteren? {DE_MSG} >|mehr|zu; nicht|nie mehr kontaktiert|angeschrieben werden;
        horen|hor|hort|hoeren|hoer|hoert sie|endlich|bitte? bitte? auf|damit >|mir|mich|uns|damit|auf;
        melden|melde|meldet sie? bitte? mich|uns * ab >|von|vom; {DE_OFF} sie? bitte? mich|uns * aus|raus >;
        {DE_OFF} sie? bitte? mich|uns bitte|sofort? aus|von|vom|raus * liste|listen|verteiler|verteilern|datenbank|system|kontakten;
        {DE_OFF} sie? bitte? {DE_NUMBER} bitte? >|aus|von; {DE_WANT}|wurde|bitte|hiermit mich|uns bitte|gerne|hiermit|sofort? abmelden|austragen;
        die|den|diese|eure|ihre|< {DE_MSG} abbestellen|stoppen|abmelden|einstellen >;
        widerrufe|widerspreche|widerrufen hiermit? meine|der|die * einwilligung|zustimmung|zusendung|werbung|kontaktaufnahme;
        ziehe meine einwilligung|zustimmung zuruck""",
    unsure=f"""
        lass|lasst|lassen|lasse sie? mich|uns bitte|endlich? in_ruhe|in_frieden; kein|keinen interesse|bedarf >|mehr; es|jetzt reicht >|jetzt|mir;
        < jetzt? genug >; falsche nummer; falsch verbunden; <|ist|als spam >; {DE_SEND} sie? mir|mich|uns bitte? nicht;
        abmelden|abmelde|abmeldung|abgemeldet|abbestellen|austragen|abbestelle; {DE_OFF} sie? bitte? meine? daten|konto|account;
        nerven|nervt|nerv sie|mich? nicht|>|mich; abo|abonnement|vertrag kundigen|kuendigen|beenden >""",
    opt_in="start; starten; anmelden; abonnieren; wieder anmelden; mich anmelden; fortsetzen",
    yes="ja",
    help="hilfe; info; infos; help",
    undo="nicht nie niemals ohne kein keine",
    hedge="wie wenn falls warum wann ob kann_ich konnte_ich schon bereits",
    limit="nach vor bis wahrend abends nachts sonntags am um tagsuber heute morgen wenn ab_8 so ohne",
)

IT_MSG = (
    "messaggi|messaggio|sms|mail|email|pubblicita|promozioni|offerte|spam|notifiche|newsletter|avvisi|"
    "comunicazioni|whatsapp|messaggini|promo|informazioni_commerciali"
)
IT_NON = (
    "scrivetemi|scrivermi|scrivete|scrivimi|scriveteci|mandatemi|mandarmi|mandate|mandateci|inviatemi|inviarmi|inviate|"
    "inviateci|contattatemi|contattarmi|contattate|contattateci|mi_scrivete|mi_mandate|mi_inviate|mi_contattate|ci_scrivete"
)
IT_HALT = "smettetela|smettila|smetti|smetta|smettete|finitela|finiscila|piantatela|piantala|basta"
IT_OFF = (
    "toglietemi|toglimi|rimuovetemi|rimuovimi|cancellatemi|cancellami|eliminatemi|eliminami|levatemi|levami|"
    "depennatemi|cancellarmi|togliermi|rimuovermi|disiscrivermi"
)
IT_LIST = "lista|liste|elenco|elenchi|database|rubrica|newsletter|messaggi|mailing|contatti|servizio"
ITALIAN = Lexicon(
    "it",
    alone="stop; cancellami; cancellatemi; disiscrivimi; disiscrivetemi; disiscrizione; disiscrivermi; fermatevi; fermati",
    whole="cancella; annulla; disattiva; rimuovi; elimina; revoca; cancellazione; cancellarmi; fermare; arresta; esci",
    hinted="fine",
    sure=f"""
        non {IT_NON} piu|mai >|nulla|niente|piu; non {IT_NON} piu? altri|i|vostri|questi? {IT_MSG} >|piu|e;
        {IT_HALT} di|con scriver~|contattar~|disturbar~|importunar~; {IT_HALT} di|con mandar~|inviar~|i|questi|le * {IT_MSG}|>;
        non voglio|vogliamo|desidero|vorrei|intendo piu? ricevere|avere? piu|altri|altre|i|vostri|questi|alcun|la|questa|vostre? vostri|vostra? {IT_MSG};
        non voglio|vogliamo|desidero|intendo piu? ricevere piu|nulla|niente|>; non voglio|desidero piu? essere contattato|contattata|disturbato|disturbata;
        {IT_OFF} dalla|dal|dai|dall|da|dalle * {IT_LIST}; toglietemi|rimuovetemi|cancellatemi|eliminatemi|rimuovimi|cancellami|eliminami >;
        togliete|togli|rimuovete|rimuovi|cancellate|cancella|eliminate|elimina il_mio|questo|mio numero|nome|contatto >|da|dal|dalla|dai;
        voglio|vorrei|desidero|chiedo|vogliamo disiscrivermi|di_disiscrivermi|cancellarmi|di_essere_cancellato|di_essere_cancellata >;
        disiscrivetemi|disiscrivimi; < niente|nessun|nessuna|basta|no piu|altri|altro|i|con? {IT_MSG} >|da; revoco|ritiro il|la? mio|mia? consenso|autorizzazione""",
    unsure=f"""
        lasciatemi|lasciami|lasciateci in_pace|stare|perdere; non mi|ci|sono interessa|interessano|interessato|interessata >|piu|niente; non interessa >;
        < adesso|ora? basta >; numero sbagliato|errato; sbagliato numero; <|e|questo_e spam >; cancellarmi|disiscrivermi|mi_cancello|mi_disiscrivo|disiscrivere;
        non {IT_NON}; cancellate|cancella|eliminate|elimina i? miei dati; non disturbate|disturbarmi|disturbatemi|mi_disturbate|disturbare;
        disdire|annullare|annullate|disdico l|il_mio|la_mia? abbonamento|iscrizione""",
    opt_in="start; iscrivimi; iscrivetemi; iscriviti; riattiva; riattivami; riprendi; iscrivermi",
    yes="si",
    help="aiuto; info; informazioni; help",
    undo="non mai senza",
    hedge="come se perche quando posso",
    limit="di_notte dopo prima durante fino la_sera di_sera la_domenica il_sabato quando alle cosi riguardo sul",
)

NL_MSG = (
    "berichten|bericht|sms|smsjes|berichtjes|mails|emails|email|mail|reclame|spam|aanbiedingen|nieuwsbrief|nieuwsbrieven|"
    "meldingen|whatsapp|whatsapps|appjes|apps|advertenties|contact|post"
)
NL_SEND = "stuur|sturen|zend|schrijf|app|sms|mail|bericht|contacteer|benader"
NL_DO = "sturen|appen|sms|smsen|mailen|berichten|spammen|lastigvallen|schrijven|benaderen|contacteren|lastig_te_vallen"
NL_OFF = "haal|verwijder|schrap|wis|gooi|halen|verwijderen"
NL_ME = "me|mij|ons|mijn_nummer|dit_nummer|mijn_telefoonnummer|mijn_naam|mijn_mobiele_nummer"
NL_LIST = "lijst|lijsten|bestand|bestanden|database|systeem|mailinglijst|verzendlijst|adresboek"
DUTCH = Lexicon(
    "nl",
    alone="stop; stoppen; afmelden; uitschrijven; me|mij afmelden|uitschrijven",
    whole="uit; einde; annuleren; opzeggen; beeindigen; verwijderen; verwijder; afgemeld",
    sure=f"""
        {NL_SEND} me|mij|ons? aub|alsjeblieft? geen|nooit {NL_MSG} meer|>; {NL_SEND} me|mij|ons? aub? niet|niets|niks|nooit meer >|aub;
        < geen {NL_MSG} meer; wil|wens|hoef|willen|wenst|graag * geen|nooit {NL_MSG} meer|ontvangen|krijgen|van;
        wil|willen|wens|hoef niets|niks|niet meer * ontvangen|horen|krijgen|benaderd; {NL_OFF} {NL_ME} aub? uit|van|af * {NL_LIST};
        verwijder|wis {NL_ME} >; me|mij|ons uit|van de|jullie|uw|je {NL_LIST} halen|verwijderen|af|>;
        wil|willen|wens|graag|wil_graag me|mij|ons graag|hierbij? afmelden|uitschrijven|laten_uitschrijven; meld|schrijf|melden me|mij|ons aub? af|uit;
        me|mij|ons af|uit te melden|schrijven; stop|hou|houd|stoppen op? met|mee * {NL_DO}; stop|hou|houd op? met deze|die|jullie|al_die? {NL_MSG};
        niet meer {NL_DO}|contact_opnemen; neem|opnemen geen|nooit contact meer|>|met|op; trek mijn toestemming in""",
    unsure=f"""
        laat me|mij|ons met_rust|gerust; geen interesse|belangstelling|behoefte >|meer; < genoeg >; het|nu genoeg >; verkeerd|fout nummer; <|is spam >;
        afmelden|afmeld|uitschrijven|uitschrijf|afgemeld|uitgeschreven; {NL_SEND} me|mij|ons niet|geen; verwijder|wis mijn gegevens|account|data;
        < ga weg >; rot|flikker op; abonnement|lidmaatschap opzeggen|stopzetten|beeindigen""",
    opt_in="start; aanmelden; inschrijven; opnieuw aanmelden|inschrijven; meld|schrijf me|mij weer? aan|in; hervatten",
    yes="ja",
    help="hulp; help; info; informatie",
    undo="niet nooit geen zonder niets",
    hedge="hoe als waarom wanneer kan_ik al",
    limit="na voor tot tijdens s_avonds s_nachts in_het op_zondag op_zondagen wanneer als vandaag morgen zo over",
)

LANGUAGES = (ENGLISH, SPANISH, FRENCH, PORTUGUESE, GERMAN, ITALIAN, DUTCH)

# Words that may stand around a request without changing it. No word of negation may ever be added here.
POLITE = frozenset(
    """
    please pls plz plse kindly thanks thx thank you ty very much so hi hello hey dear sir madam ok okay now just immediately asap
    sorry team guys bro dude regards cheers all right right 1 11 already well good morning afternoon evening day everyone
    por favor porfa porfavor gracias muchas hola buenas buenos dias tardes noches ya ahora senores estimados disculpe
    svp stp merci beaucoup bonjour bonsoir salut s il vous te plait maintenant madame monsieur cordialement desole
    obrigado obrigada ola oi bom boa dia tarde noite agora ja favor gentileza prezados desculpe pf pfv
    bitte danke schon schoen hallo guten tag morgen abend jetzt sofort vielen dank moin mfg herr frau liebe lieber
    per favore cortesia grazie ciao buongiorno buonasera salve subito ora adesso mille scusate scusa gentilmente
    alstublieft alsjeblieft aub ajb graag bedankt dank je u wel nu meteen goedemorgen goedemiddag goedendag beste dag even gelieve
    """.split()
)
NO = frozenset("no nope nah non nao nein nee no_no yes yeah oui sim ja".split())
EMAIL_WORDS = frozenset("email emails emailing emailed mails correo correos courriel courriels mailen emailadresse".split())
PHONE_WORDS = frozenset("text texts texting texted txt txts sms smsen smsjes appen whatsapp whatsapps mms textos zap".split())

GLUE = """
    want need to ever you me us please wish mean trying going quiero queremos deseo querer nos a que veux souhaite m de d vous
    quero desejo mich uns sie mir bitte mochte will mi vi voglio vorrei u mij wil hoef
"""  # may stand between a word that undoes and the phrase: "don't want you to stop"
NEGATIONS = "not dont never no nicht nie niet nooit pas non nao nunca miss verpassen missen"
INSTRUCTIONS = """
    reply text send click tap press use visit responda responde envie envia pulse haga repondez envoyez cliquez
    antworten antworte senden klicken rispondi rispondete invia clicca antwoord stuur klik
"""
AUTOMATIC = (
    "out of office", "out of the office", "automatic reply", "auto reply", "autoreply", "automatic response", "annual leave",
    "on vacation", "abwesenheit", "abwesend", "nicht im buro", "automatische antwort", "im urlaub", "absent du bureau", "absente du bureau",
    "absence du bureau", "reponse automatique", "fuera de la oficina", "respuesta automatica", "fora do escritorio",
    "resposta automatica", "fuori ufficio", "risposta automatica", "afwezig", "automatisch antwoord", "on leave", "parental leave",
)  # phrases of automatic replies
