package demo

import "harang.dev/harang"

// products are what the demo shops rent; prices are forints for a day.
var products = []harang.Product{
	{ID: "makita-hr2470", Name: "Makita HR2470 fúrókalapács", DailyPrice: 4900},
	{ID: "makita-hm1317c", Name: "Makita HM1317C bontókalapács", DailyPrice: 12900},
	{ID: "hilti-te70", Name: "Hilti TE 70-ATC/AVR kombikalapács", DailyPrice: 14900},
	{ID: "bosch-gbh2-28", Name: "Bosch GBH 2-28 fúrókalapács", DailyPrice: 5200},
	{ID: "bosch-gws22", Name: "Bosch GWS 22-230 sarokcsiszoló", DailyPrice: 4400},
	{ID: "makita-ga5030", Name: "Makita GA5030 sarokcsiszoló 125 mm", DailyPrice: 2900},
	{ID: "husqvarna-k770", Name: "Husqvarna K 770 betonvágó", DailyPrice: 16900},
	{ID: "hilti-dd150", Name: "Hilti DD 150-U gyémántfúró", DailyPrice: 24900},
	{ID: "wacker-bs60", Name: "Wacker Neuson BS60-2 döngölőbéka", DailyPrice: 13900},
	{ID: "wacker-wp1550", Name: "Wacker Neuson WP1550 lapvibrátor 90 kg", DailyPrice: 11900},
	{ID: "bomag-bpr35", Name: "Bomag BPR 35/60 lapvibrátor 230 kg", DailyPrice: 18900},
	{ID: "belle-minimix150", Name: "Belle Minimix 150 betonkeverő", DailyPrice: 5900},
	{ID: "imer-syntesi250", Name: "Imer Syntesi 250 betonkeverő", DailyPrice: 7900},
	{ID: "wacker-irfu45", Name: "Wacker Neuson IRFU45 betonvibrátor", DailyPrice: 8900},
	{ID: "honda-eu22i", Name: "Honda EU22i inverteres áramfejlesztő", DailyPrice: 9900},
	{ID: "sdmo-hx6000", Name: "SDMO HX6000 áramfejlesztő 6 kW", DailyPrice: 12900},
	{ID: "atmos-pdp20", Name: "Atmos PDP20 vontatott kompresszor", DailyPrice: 32900},
	{ID: "abac-b26", Name: "ABAC B26 kompresszor 100 liter", DailyPrice: 5900},
	{ID: "karcher-hds10", Name: "Kärcher HDS 10/20 melegvizes magasnyomású mosó", DailyPrice: 17900},
	{ID: "karcher-hd5-15", Name: "Kärcher HD 5/15 magasnyomású mosó", DailyPrice: 7900},
	{ID: "karcher-puzzi10", Name: "Kärcher Puzzi 10/1 kárpittisztító", DailyPrice: 6900},
	{ID: "nilfisk-attix33", Name: "Nilfisk Attix 33 ipari porszívó", DailyPrice: 5400},
	{ID: "stihl-ms261", Name: "Stihl MS 261 láncfűrész", DailyPrice: 7400},
	{ID: "stihl-fs460", Name: "Stihl FS 460 motoros kasza", DailyPrice: 7900},
	{ID: "stihl-bt131", Name: "Stihl BT 131 földfúró", DailyPrice: 8900},
	{ID: "husqvarna-lc353", Name: "Husqvarna LC 353 fűnyíró", DailyPrice: 6400},
	{ID: "tp-175", Name: "Linddana TP 175 ágaprító", DailyPrice: 34900},
	{ID: "kubota-kx019", Name: "Kubota KX019-4 minikotró 1,9 t", DailyPrice: 54900},
	{ID: "bobcat-s100", Name: "Bobcat S100 csúszókormányzású rakodó", DailyPrice: 59900},
	{ID: "genie-gs1932", Name: "Genie GS-1932 ollós emelő 7,8 m", DailyPrice: 29900},
	{ID: "krause-stabilo10", Name: "Krause Stabilo guruló állvány 10 m", DailyPrice: 8900},
	{ID: "krause-letra3x12", Name: "Krause háromrészes létra 3×12 fok", DailyPrice: 3400},
	{ID: "doka-tamasz", Name: "Doka Eurex építési támasz 3,5 m", DailyPrice: 390},
	{ID: "flex-ge5", Name: "Flex GE 5 zsiráf falcsiszoló", DailyPrice: 7900},
	{ID: "graco-390", Name: "Graco ST Max 390 airless festékszóró", DailyPrice: 19900},
	{ID: "bosch-grl300", Name: "Bosch GRL 300 HV forgólézer", DailyPrice: 8400},
	{ID: "leica-na324", Name: "Leica NA324 optikai szintező", DailyPrice: 4900},
	{ID: "rubi-tx1250", Name: "Rubi TX-1250 Max csempevágó", DailyPrice: 4400},
	{ID: "makita-ls1219", Name: "Makita LS1219 gérvágó fűrész", DailyPrice: 8900},
	{ID: "festool-ts55", Name: "Festool TS 55 merülőfűrész vezetősínnel", DailyPrice: 9400},
	{ID: "lagler-hummel", Name: "Lägler Hummel parkettacsiszoló", DailyPrice: 15900},
	{ID: "master-b70", Name: "Master B 70 hőlégfúvó 20 kW", DailyPrice: 6900},
	{ID: "master-dh752", Name: "Master DH 752 páramentesítő", DailyPrice: 7900},
	{ID: "tsurumi-lb480", Name: "Tsurumi LB-480 merülő szivattyú", DailyPrice: 4900},
	{ID: "honda-wb30", Name: "Honda WB30 motoros szivattyú", DailyPrice: 6900},
	{ID: "ridgid-k50", Name: "Ridgid K-50 csőtisztító gép", DailyPrice: 9900},
	{ID: "rothenberger-rofrost", Name: "Rothenberger Rofrost csőfagyasztó", DailyPrice: 11900},
	{ID: "unsinn-750", Name: "Unsinn 750 kg-os utánfutó", DailyPrice: 6900},
	{ID: "raklapemelo", Name: "Kézi raklapemelő 2,5 t", DailyPrice: 3900},
	{ID: "led-reflektor", Name: "LED-reflektor állvánnyal 2×50 W", DailyPrice: 1900},
}

// companies are the demo tenants. They share makes of machines, as real shops
// do, and nothing else.
var companies = []company{
	{
		tenant:   harang.Tenant{ID: "budapest", Name: "Budapesti Gépkölcsönző Kft."},
		people:   [3]string{"Kiss Eszter", "Nagy Péter", "Szabó Judit"},
		products: products[:40],
		locations: []harang.Location{
			{ID: "vaci-ut", Name: "Váci út"}, {ID: "budaors", Name: "Budaörs"}, {ID: "csepel", Name: "Csepel"},
		},
		partners: []harang.Partner{
			{
				ID: "alfa-epito", Name: "Alfa Építő Kft.", Phone: "+36 1 555 0101",
				Email: "iroda@alfa-epito.example", Note: "A sofőr reggel 7-kor jön érte.",
			},
			{
				ID: "beta-bau", Name: "Béta Bau Bt.", Phone: "06 30 555 0102",
				Email: "beta@betabau.example",
			},
			{
				ID: "dunapart", Name: "Dunapart Ingatlankezelő Zrt.", Phone: "+36 1 555 0103",
				Email: "gondnok@dunapart.example",
			},
			{ID: "gombos-tamas", Name: "Gombos Tamás e.v.", Phone: "06 20 555 0104"},
			{
				ID: "pannon-fal", Name: "Pannon Fal Kft.", Phone: "06 70 555 0105",
				Email: "raktar@pannonfal.example",
			},
			{
				ID: "zold-udvar", Name: "Zöld Udvar Kertépítő Kft.", Phone: "06 30 555 0106",
				Email: "kert@zoldudvar.example",
			},
			{
				ID: "kovacs-villany", Name: "Kovács és Fia Villanyszerelés Bt.", Phone: "06 30 555 0107",
				Note: "A fia is elviheti: Kovács Máté.",
			},
			{
				ID: "metro-beton", Name: "Metró Beton Kft.", Phone: "+36 1 555 0108",
				Email: "rendeles@metrobeton.example",
			},
			{ID: "otthon-felujito", Name: "Otthon Felújító Kft.", Phone: "06 20 555 0109"},
			{
				ID: "szeles-anna", Name: "Széles Anna", Phone: "06 30 555 0110",
				Email: "anna@szeles.example", Note: "Délután hívható.",
			},
			{
				ID: "urbanisztika", Name: "Urbanisztika Mélyépítő Zrt.", Phone: "+36 1 555 0111",
				Email: "gepek@urbanisztika.example",
			},
			{ID: "farkas-burkolo", Name: "Farkas Burkoló Kft.", Phone: "06 70 555 0112"},
		},
		low: []shortage{
			{"makita-hr2470", "vaci-ut", 1, 5, 3}, {"honda-eu22i", "budaors", 3, 4, 2},
			{"husqvarna-k770", "vaci-ut", 2, 3, 1}, {"belle-minimix150", "csepel", 0, 4, 2},
		},
		seed: 1848,
	},
	{
		tenant:   harang.Tenant{ID: "debrecen", Name: "Cívis Kölcsönző Kft."},
		people:   [3]string{"Tóth Bence", "Varga Katalin", "Balogh István"},
		products: products[14:],
		locations: []harang.Location{
			{ID: "balmazujvarosi-ut", Name: "Balmazújvárosi út"}, {ID: "hajduszoboszlo", Name: "Hajdúszoboszló"},
		},
		partners: []harang.Partner{
			{
				ID: "civis-general", Name: "Cívis Generál Kft.", Phone: "+36 52 555 201",
				Email: "iroda@civisgeneral.example",
			},
			{ID: "hajdu-teto", Name: "Hajdú-Tető Bt.", Phone: "06 30 555 0202"},
			{
				ID: "nagyerdo-kert", Name: "Nagyerdő Kert Kft.", Phone: "06 20 555 0203",
				Email: "kert@nagyerdo.example",
			},
			{
				ID: "tisza-mely", Name: "Tisza Mélyépítő Kft.", Phone: "+36 52 555 204",
				Email: "gepek@tiszamely.example",
			},
			{
				ID: "juhasz-laszlo", Name: "Juhász László e.v.", Phone: "06 30 555 0205",
				Note: "Csak délután hívható.",
			},
			{
				ID: "hortobagy-agro", Name: "Hortobágy Agro Zrt.", Phone: "+36 52 555 206",
				Email: "muhely@hortobagyagro.example",
			},
			{ID: "kossuth-kivitel", Name: "Kossuth Kivitelező Kft.", Phone: "06 70 555 0207"},
			{
				ID: "molnar-parketta", Name: "Molnár Parketta Bt.", Phone: "06 30 555 0208",
				Email: "molnar@parketta.example",
			},
			{ID: "szabo-es-tarsa", Name: "Szabó és Társa Kft.", Phone: "06 20 555 0209"},
		},
		low: []shortage{
			{"stihl-ms261", "balmazujvarosi-ut", 1, 4, 2}, {"master-b70", "hajduszoboszlo", 3, 5, 2},
			{"lagler-hummel", "balmazujvarosi-ut", 2, 3, 2},
		},
		seed: 1361,
	},
}
