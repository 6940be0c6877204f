from stopline.doors.cli.main import main

if __name__ == "__main__":
    main()
