from lianhu.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Import the registry workbook: all or nothing."
    kind = "registry"
