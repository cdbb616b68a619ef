"""Words that say little by themselves and are left out of maps: function words, chosen by hand.

Articles, prepositions, pronouns, conjunctions, auxiliaries, particles and the measure words of Chinese, in
the forms in which captions have them. Numbers are no such words, nor colours.
"""

from functools import cache

from onenet.network.languages import LANGUAGES
from onenet.network.special_words import ENGLISH

_TEXTS = {
    ENGLISH: """
        a about above across after against ahead all along alongside also amidst among amongst an
        and another any are around as at atop away back be been before behind being below beneath
        beside besides between beyond both but by can do does doing down during each either every
        for from had has have having he her hers herself him himself his how i if in inside into is
        it its itself just like may me more most much my near nearby next no nor not of off on onto
        or other others out outside over own past per rather s same she so some someone something
        somewhere such t than that the their theirs them themselves then there these they this those
        though through throughout till to together too toward towards under underneath until up upon
        upside us very via was way we were what when where whether which while whilst who whom whose
        why will with within without would you your
    """,
    "zh": """
        一 一下 一个 一些 一位 一只 一名 一张 一旁 一条 一样 一点 一种 一起 一边
        上 上去 上面 下 下来 下面 不 与 且 个 中 中间 为 为了 之 之间 也 了 于
        人家 什么 从 他 他们 以 以及 们 会 似乎 但 但是 位 你 你们 其 其中 其他
        其它 内 再 几 出 出来 别人 到 前 前面 去 又 及 另 另一个 另外 只 可以
        可能 各 各种 同 名 后 后面 向 吗 吧 呀 呢 和 哦 哪 哪个 哪里 啊 嘛
        因为 在 地 外 外面 大家 太 她 她们 好像 如果 它 它们 对 将 就 已经 带
        带有 并 并且 应该 张 当 往 很 得 怎么 您 想 我 我们 或 所 所以 才 把
        按 旁 旁边 时 时候 是 更 最 有 有人 朝 朝着 条 来 某 某个 正 正在 正要
        每 每个 比 没 没有 沿着 用 由 的 看起来 着 等 给 而 能 自己 虽然 被 要
        让 谁 起 起来 跟 身上 边 过 过去 过来 还 这 这个 这些 这样 这种 这里 进
        通过 那 那个 那些 那样 那里 都 里 里面 间 附近 随着
    """,
    "de": """
        a aber alle allem allen aller alles als also am an andere anderem anderen anderer anderes
        ans auch auf aufs aus außer bei beide beiden beim bereits bevor bin bis bist da dabei
        dadurch dafür dagegen daher dahinter damit danach daneben daran darauf daraus darin darum
        darunter darüber das dass davon davor dazu dazwischen dein deine dem den denen denn der
        deren des dessen die dies diese diesem diesen dieser dieses doch dort du durch durchs eben
        ein einander eine einem einen einer eines einige einigen einiger einiges entlang er es etwas
        euch euer fast für fürs ganz gegen gegenüber gerade habe haben hat hatte hatten her heraus
        herum hervor hier hin hinaus hinein hinter hinterher hinterm hinüber ich ihm ihn ihnen ihr
        ihre ihrem ihren ihrer ihres im immer in indem innerhalb ins irgendeine ist ja je jede jedem
        jeden jeder jedes jemand jene kann kein keine keinem keinen keiner können man manche mehr
        mein meine mich mir mit miteinander mittels muss möchte müssen nach nachdem neben nebenan
        nebeneinander nicht nichts noch nun nur ob oben oberhalb oder ohne quer sehr sein seine
        seinem seinen seiner seines seit selbst sich sie sind so sodass sogar solche soll sollen
        somit sondern sowie statt trotz um ums und uns unser unten unter unterhalb unterm usw viel
        viele vielen vielleicht vom von voneinander vor vorm vorn vorne wann war waren warum was
        wegen weil welche welchem welchen welcher welches wenn wer werden wie wieder will wird wo
        wobei wohl worauf während würde würden z zu zueinander zum zur zusammen zwar zwischen über
        übers
    """,
    "pt": """
        a acima ainda algo algum alguma algumas alguns alguém ali além ambas ambos antes ao aos
        apenas após aquela aquelas aquele aqueles aqui aquilo as assim através atrás até cada cerca
        com como contra cuja cujo da daquela daquele das de dela delas dele deles dentro depois
        desde dessa desse desta deste detrás diante do dos durante e ela elas ele eles em embaixo
        embora enquanto entre então era eram essa essas esse esses esta estar estas estava estavam
        este estes está estão eu foi for fora foram há isso isto junto já lhe lhes logo longe lá
        mais mas me mediante menos mesma mesmas mesmo mesmos meu minha muita muitas muito muitos na
        nada naquela naquele nas nela nele nem nessa nesse nesta neste ninguém no nos nossa nosso
        num numa nunca não nós o onde os ou outra outras outro outros para pela pelas pelo pelos
        perante perto pois por porque porém pouco pra próxima próximo quais qual qualquer quando
        quanto quase que quem se seja sem sempre sendo ser será seu seus si sido sob sobre sua suas
        são também tanto te tem tendo ter teu toda todas todo todos tua tudo tão têm um uma umas uns
        vai você vocês várias vários à às é
    """,
    "ar": """
        آخر آخرون آخرين أثناء أحد أخر أخرى أسفل أعلى أم أمام أمامه أمامها أن أنا أنت أنتم أو أي أيضا
        أين إحدى إذ إذا إلى إليه إليها إما إن احدهم الآخر الآخرين الأخرى البعض التي الذي الذين
        اللتان اللذان اللواتي الى ب بأن بالقرب بجانب بجانبه بجانبها بجوار بدون بعد بعض بعضهم بعضهما
        بل بلا به بها بهم بواسطة بين بينما تجاه تحت تحته تقريبا تكون تلك ثم جانب جدا جميع حتى حول
        حوله حولها حيث حين خارج خلال خلف خلفه خلفها داخل دون ذا ذات ذلك ذو ذي سوف سوى شيء ضد ضمن عبر
        عدة عدد على عليه عليها عليهم عن عند عندما عنه عنها غير ف فقط فوق فوقه فى في فيه فيها قبل قد
        قرب ك كان كانت كانوا كل كلا كلاهما كلتا كما كي كيف ل لأن لا لدى لذلك لكن لكي لم لماذا لن له
        لها لهم لهما لو ليس ليست ما ماذا متى مثل مع معا معه معها معهم من منذ منه منها منهم نحن نحو
        نفس نفسه نفسها نوع هؤلاء ها هذا هذه هل هم هما هن هنا هناك هنالك هو هي و وراء وسط وعلى وفي
        ولكن ومع ومن وهم وهو وهي يا يبدو يكون يكونون
    """,  # noqa: RUF001
    "fr": """
        a afin ai ainsi alors après as au au-dessous au-dessus aucun aucune aujourd' auprès auquel
        aussi autour autre autres aux avaient avait avant avec ayant c' car ce ceci cela celle
        celles celui ces cet cette ceux chacun chacune chaque chez ci comme contre d' dans de dedans
        dehors delà depuis derrière des dessous dessus deux-ci devant doit donc dont du duquel
        durant déjà elle elles en encore ensemble entre environ es est et eu eux furent fut hors ici
        il ils j' je jusqu' jusque l' la laquelle le lequel les lesquelles lesquels leur leurs loin
        lors lorsqu' lorsque lui là m' ma mais me mes moi moins mon même mêmes n' ne ni non nos
        notre nous on ont ou où par par-dessous par-dessus parce parmi pas pendant peu peut plus
        plusieurs plutôt pour pourquoi presque proche près puis puisqu' puisque qu' quand que quel
        quelle quelles quelqu' quelque quelques quels qui quoi s' sa sans sauf se selon sera ses si
        soi soit son sont sous sur t' ta tandis te tel telle tes toi ton toujours tous tout toute
        toutes trop très tu un une vers via voici voilà vos votre vous y à étaient était étant été
        être
    """,
    "cs": """
        a aby aj ale anebo ani ano asi až bez blízko bude budou by byl byla byli bylo být během celý
        co což další den do dokud dole dolů dál ho i jako je jeden jedna jedni jedno jednoho jednom
        jednou jednu jedné jedním jeho jehož jej jejich jejichž její jejím jemu jen jenom jenž ještě
        jež ji jim jimi jiná jiné jiného jiní jiný jiných jiným již jsem jsi jsme jsou jste já jí k
        kam kde kdo kdy když ke kolem kolik kterou která které kterého kterém kterému který kterých
        kterým kteří kvůli mají mezi mi mimo mne mnoho mnou mně moci mohou moje musí my má máte mé
        mít mě můj může na nad nade nahoru nahoře naproti naše ne nebo nebyl nedaleko než nic nich
        nikdo nimi no náš ní ním níž něco nějakou nějaká nějakého nějaký nějakým někdo někoho
        několik některé některý něm němu němž o ob oba obě od ode okolo on ona oni ono ony opodál
        pak po poblíž pod podle podél pokud potom poté pouze pro proti proto protože proč před přede
        přes při s sama samé se sebe sebou si sice skrz snad sobě spolu stejný svoje svou své svého
        svém svému svých svým svými svůj sám ta tady tak takový také tam tato te tedy ten tento to
        toho tom tomu toto tou tu ty tyto té téměř tím tě těch těm u uprostřed už v ve vedle velmi
        vně vpředu vy vám vámi vás váš více však vše všech všechno všichni všude z za zatímco zde ze
        zpět či že
    """,
    "es": """
        a adentro afuera al algo alguien alguna algunas alguno algunos algún allí alrededor ambas
        ambos ante antes aquel aquella aquellos aquí así atrás aunque aún bajo cada casi cerca como
        con contra cual cuales cualquier cuando cuanto cuya cuyo cuál cuándo de debajo del delante
        dentro desde después detrás donde durante dónde e el ella ellas ellos en encima enfrente
        entonces entre era eran es esa esas ese eso esos esta estaba estaban estar estas este esto
        estos está están fue fuera fueron ha había habían hacia han hasta hay he incluso juntas
        junto juntos la las le lejos les lo los luego me mediante menos mi mientras mis misma mismas
        mismo mismos mucha muchas mucho muchos muy más mí nada nadie ni ninguna ninguno ningún no
        nos nosotros nuestra nuestro nunca o os otra otras otro otros para parece pero poca poco
        pocos por porque pues que quien quienes quién qué se sea según ser si sido siempre siendo
        sin sino sobre son su sus suya suyo sí tal también tampoco tan tanto te tiene tienen toda
        todas todavía todo todos tras través tu tú un una unas uno unos usted va varias varios vez y
        ya yo él
    """,
    "uk": """
        а аби або але б без би бо був була були було бути більш більше біля в вас ваш ваша ваше ваші
        вгору вдвох весь вже вздовж ви вниз внизу вона вони воно все всередині всього всі всім всіх
        від віддалік він де для до доки досить дуже ж же з за завжди задля замість заради зараз
        збоку зверху ззаду знову зовні зі й його йому кожен кожна кожний коли коло котрий кругом
        крізь крім куди ледь лиш лише мабуть майже мене мені ми мимо мною може можуть моя моє мої
        між мій на навколо навпроти над надворі назад нам нами нас наче наш наша не недалеко немає
        неподалік неї ним ними них нього ні ніби ніж ній нім ніхто нічого ніщо о об обидва обидві
        один одна одне одним одного одному одну одні одній однією окрім ось от перед по поблизу
        поверх повз позаду поки поміж понад попереду поперек попри поруч поряд посеред посередині
        потім при про проте проти протягом під після разом сам сама саме само самі свого свою своя
        своє своєму своєю своєї свої своїм своїми своїх свій себе серед собою собі спереду стосовно
        та так таки такий також там те тебе теж ти тим тих то тобто тобі того тоді той том тому ту
        тут ті тільки тієї у убік увесь уздовж усе усередині усі усіх хоч хоча хто хтось це цей цим
        цих цього цьому цю ця ці цілком через чи чий чого чому ще що щоб щодо щось як яка якась яке
        який якийсь яким якими яких якого якому якої яку якусь якщо які якій якім є і із інша інше
        інший іншим інших іншого іншому іншої іншу інші їй їм їми їх їхня їхні їхній її
    """,  # noqa: RUF001
}


@cache
def stop_words(language: str) -> frozenset[str]:
    """Give the words of a language that say little, as its vocabulary has them; none if there is no list."""
    listed = _TEXTS.get(language, "").split()
    if language == "zh":  # not to be split once more
        return frozenset(listed)
    return frozenset(part for word in listed for part in LANGUAGES[language].tokenize(word))
